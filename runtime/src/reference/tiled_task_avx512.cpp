// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define TILE_UNIT kTileUnitAvx512
#define TILE_LANES 16
#define TILE_ROWS 8
#include "reference/tiled_task.inc"

// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define TILE_UNIT kTileUnitAvx2
#define TILE_LANES 8
#define TILE_ROWS 4
#include "reference/tiled_task.inc"

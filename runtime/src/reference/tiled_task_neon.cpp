// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#define TILE_UNIT kTileUnitNeon
#define TILE_LANES 4
#define TILE_ROWS 8
#include "reference/tiled_task.inc"

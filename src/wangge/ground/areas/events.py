"""What the areas room writes to the journal."""

from __future__ import annotations

from wangge.ground.journal.events import event_type

AREAS_IMPORTED = event_type("areas.imported", "区划导入", "what", "adds", "renames", "moves", "unchanged", "errors")
AREA_ADDED = event_type("area.added", "区划新增", "code")
AREA_RENAMED = event_type("area.renamed", "区划更名", "code")
AREA_RECODED = event_type("area.recoded", "区划编码变更", "old_code", "new_code")
AREA_ENDED = event_type("area.ended", "区划撤销", "code")
GRIDS_CREATED = event_type("areas.grids_created", "网格划分", "villages", "grids")
OUTLINES_DRAWN = event_type("areas.outlines_drawn", "区划轮廓生成", "surveyed", "schematic")

"""A tile server on loopback, as a Chinese provider runs one, and the conversion of the map as Python can call it."""

from __future__ import annotations

import io
import json
import math
import subprocess
import sys
import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import shapely
import shapely.affinity
from PIL import Image, ImageDraw

from tests.doors.desk.mapped import SQUARES
from tests.doors.desk.site import ROOT

Point = tuple[float, float]
SCRIPT = """
import { gcj02 } from "%s";
let text = "";
for await (const part of process.stdin) text += part;
console.log(JSON.stringify(JSON.parse(text).map(gcj02)));
"""
SIZE = 256


def gcj02(points: Sequence[Point]) -> list[Point]:
    """The points as the map's own module converts them."""
    script = SCRIPT % (ROOT / "frontend" / "src" / "gcj02.ts").as_uri()
    node = Path(sys.executable).with_name("node")
    command = [node, "--input-type=module", "-e", script]
    done = subprocess.run(command, input=json.dumps(points), capture_output=True, text=True, check=True, timeout=60)
    return [(lon, lat) for lon, lat in json.loads(done.stdout)]


def _mercator(point: Point) -> Point:
    """A place on the square of the world, 0 to 1 eastward and southward."""
    lon, lat = point
    return lon / 360 + 0.5, 0.5 - math.asinh(math.tan(math.radians(lat))) / math.tau


class TileServer:
    """Tiles that are white, and black where the counties of the small city lie in GCJ-02."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        corners = [(w + x, s + y) for w, s in SQUARES.values() for x, y in ((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5))]
        drawn = [_mercator(point) for point in gcj02(corners)]
        self.shapes = [shapely.Polygon(drawn[at : at + 4]) for at in range(0, len(drawn), 4)]
        tiles = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tiles.asked.append(self.path)
                zoom, x, y = map(int, self.path.removesuffix(".png").split("/")[-3:])
                self.send_response(200)
                self.send_header("Content-Type", "image/png")
                self.send_header("Access-Control-Allow-Origin", "*")
                self.end_headers()
                self.wfile.write(tiles.picture(zoom, x, y))

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def picture(self, zoom: int, x: int, y: int) -> bytes:
        image = Image.new("L", (SIZE, SIZE), 255)
        pen = ImageDraw.Draw(image)
        scale = SIZE * 2**zoom
        frame = shapely.box(-1, -1, SIZE + 1, SIZE + 1)
        for shape in self.shapes:
            moved = shapely.affinity.affine_transform(shape, [scale, 0, 0, scale, -x * SIZE, -y * SIZE])
            seen = moved.intersection(frame)
            if not seen.is_empty and seen.geom_type == "Polygon":
                pen.polygon(list(seen.exterior.coords), fill=0)
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

// From WGS84 to GCJ-02 国测局坐标, in which Chinese providers draw their tiles: pure. Everything in this system is WGS84;
// the map alone moves what it draws onto such tiles, at the last moment. Nobody has to come back.

const A = 6378245; // Krasovsky 1940, in metres, and its eccentricity squared
const E2 = 0.006693421622965943;
const { PI, abs, cos, sin, sqrt } = Math;

/** The sum of waves, each a height in metres and how many half turns it makes a degree; two thirds of it counts. */
function waves(of: number, ...parts: [number, number][]): number {
  return parts.reduce((sum, [height, pace]) => sum + (height * sin(of * pace * PI) * 2) / 3, 0);
}

/** GCJ-02 longitude and latitude of a place in WGS84 degrees; outside China the same degrees. */
export function gcj02([lon, lat]: [number, number]): [number, number] {
  if (lon < 72.004 || lon > 137.8347 || lat < 0.8293 || lat > 55.8271) return [lon, lat];
  const [x, y] = [lon - 105, lat - 35];
  const ripple = waves(x, [20, 6], [20, 2]);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple + waves(y, [20, 1], [40, 1 / 3], [160, 1 / 12], [320, 1 / 30]);
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple + waves(x, [20, 1], [40, 1 / 3], [150, 1 / 12], [300, 1 / 30]);
  const slant = (lat * PI) / 180;
  const magic = 1 - E2 * sin(slant) ** 2;
  return [
    lon + (east * 180) / ((A / sqrt(magic)) * cos(slant) * PI),
    lat + (north * 180) / (((A * (1 - E2)) / (magic * sqrt(magic))) * PI),
  ];
}

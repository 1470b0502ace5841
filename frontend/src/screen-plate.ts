// Plates as GA 36 has them. The plate itself stays here: of a car that goes on, its province and kind are sent.

const PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
const LETTER = "[A-HJ-NP-Z]";
const SIGN = "[A-HJ-NP-Z0-9]";
const PLATE = new RegExp(`^[${PROVINCES}]${LETTER}${SIGN}{4}[A-HJ-NP-Z0-9挂学警港澳领]$`);
const ENERGY = new RegExp(`^[${PROVINCES}]${LETTER}(?:[A-HJK]${SIGN}[0-9]{4}|[0-9]{5}[A-HJK])$`);

export interface Plate {
  province: string;
  energy: boolean;
}

/** A plate as it is compared: capitals, no signs between, half-width. */
export const folded = (text: string): string =>
  text
    .replace(/[！-～]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .replace(/[\s·.•\-－—]/g, "")
    .toUpperCase();

/** What may be kept of a plate; null where no vehicle has it. */
export function plateRead(text: string): Plate | null {
  const plate = folded(text);
  const energy = ENERGY.test(plate);
  return energy || PLATE.test(plate) ? { province: plate[0]!, energy } : null;
}

export const isProvince = (sign: string): boolean => sign.length === 1 && PROVINCES.includes(sign);

// Decodes the number of a barcode in an image.
import * as zxing from '@zxing/library';

/** RGBA, four bytes per pixel, as from a canvas. */
export type Pixels = { data: Uint8ClampedArray; width: number; height: number };

/** Tries every symbology used on products. Null if the image has no readable barcode. */
export function readBarcode({ data, width, height }: Pixels): string | null {
  const grey = new Uint8ClampedArray(width * height);
  for (let i = 0; i < grey.length; i++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(4 * i, 4 * i + 3);
    grey[i] = (red + 2 * green + blue) / 4;
  }
  const formats = zxing.BarcodeFormat;
  const reader = new zxing.MultiFormatReader();
  reader.setHints(
    new Map<number, unknown>([
      [zxing.DecodeHintType.TRY_HARDER, true],
      [
        zxing.DecodeHintType.POSSIBLE_FORMATS,
        [
          formats.EAN_13,
          formats.EAN_8,
          formats.UPC_A,
          formats.UPC_E,
          formats.ITF,
          formats.CODE_128,
          formats.QR_CODE,
          formats.DATA_MATRIX,
        ],
      ],
      [zxing.DecodeHintType.ALLOWED_LENGTHS, Int32Array.from([14])], // of ITF, which reads parts of other barcodes
    ]),
  );
  try {
    const source = new zxing.RGBLuminanceSource(grey, width, height);
    return reader.decode(new zxing.BinaryBitmap(new zxing.HybridBinarizer(source))).getText();
  } catch (error) {
    if (error instanceof zxing.Exception) return null;
    throw error;
  }
}

/** Browsers take a photo of the barcode, or its number. */
export function BarcodeCamera(_: { onScan: (barcode: string) => void }) {
  return null;
}

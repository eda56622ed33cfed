/** Browsers have no live scanner: the user picks a photo of the barcode or types its number. */
export function BarcodeCamera(_: { onScan: (barcode: string) => void }) {
  return null;
}

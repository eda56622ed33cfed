// Reads the barcode in a photo, in a browser: at several scales, the original first.
const WIDTHS_PX = [1200, 2000, 600];

export async function barcodeIn(uri: string): Promise<string | null> {
  // The reader is loaded only when the user picks a photo.
  const { readBarcode } = await import('./readBarcode');
  const image = new Image();
  image.src = uri;
  await image.decode();
  for (const width of WIDTHS_PX) {
    const scale = Math.min(1, width / image.naturalWidth);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const number = readBarcode(context.getImageData(0, 0, canvas.width, canvas.height));
    if (number) return number;
  }
  return null;
}

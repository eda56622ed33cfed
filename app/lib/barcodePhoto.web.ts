// The barcode in a photo, read in the browser: as it is, then closer and from further away.
const WIDTHS_PX = [1200, 2000, 600];

export async function barcodeIn(uri: string): Promise<string | null> {
  // Only who photographs a barcode needs the reader.
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

// Reads barcodes from a browser's camera: with the browser's own detector where it has one, otherwise with ours.

/** The formats of BARCODE_TYPES by the names of the Barcode Detection API. */
const FORMATS = ['ean_13', 'ean_8', 'upc_a', 'upc_e', 'itf', 'code_128', 'qr_code', 'data_matrix'];
/** The pause between two frames: a hand needs longer to hold a product still. */
const PAUSE_MS = 150;
/** Our reader takes time in proportion to the pixels. */
const WIDTH_PX = 800;

type Detector = { detect(video: HTMLVideoElement): Promise<{ rawValue: string }[]> };
type DetectorClass = { new (options: { formats: string[] }): Detector; getSupportedFormats(): Promise<string[]> };
type Read = (video: HTMLVideoElement) => Promise<string | null>;

/** Calls `onBarcode` with each barcode in the video until the returned function is called. */
export function watchVideo(video: HTMLVideoElement, onBarcode: (barcode: string) => void): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (read: Read) => {
    // Between two cameras, or while the page is hidden, there is no frame.
    const barcode = video.videoWidth ? await read(video).catch(() => null) : null;
    if (stopped) return;
    if (barcode) onBarcode(barcode);
    timer = setTimeout(() => void look(read), PAUSE_MS);
  };
  void reader().then((read) => look(read));
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

async function reader(): Promise<Read> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: DetectorClass };
  const supported = (await BarcodeDetector?.getSupportedFormats().catch(() => [])) ?? [];
  const formats = FORMATS.filter((format) => supported.includes(format));
  // Some browsers have the class and read QR codes alone.
  if (BarcodeDetector && formats.includes('ean_13')) {
    const detector = new BarcodeDetector({ formats });
    return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
  }
  const { readBarcode } = await import('./readBarcode');
  const canvas = document.createElement('canvas');
  return async (video) => {
    const scale = Math.min(1, WIDTH_PX / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (!context) return null;
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    return readBarcode(context.getImageData(0, 0, canvas.width, canvas.height));
  };
}

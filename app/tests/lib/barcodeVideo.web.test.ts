// The camera of a browser that has a barcode detector of its own. The end-to-end tests run without one.
import { watchVideo } from '@/lib/barcodeVideo';

const video = Object.assign(document.createElement('video'), {});
Object.defineProperty(video, 'videoWidth', { value: 640 });

beforeEach(() => jest.useFakeTimers());
afterEach(() => {
  jest.useRealTimers();
  Reflect.deleteProperty(globalThis, 'BarcodeDetector');
});

/** A browser's detector, which sees these barcodes, one per frame. */
function detector(supported: string[], frames: (string | Error | null)[]) {
  const asked: string[][] = [];
  class Detector {
    constructor({ formats }: { formats: string[] }) {
      asked.push(formats);
    }
    static getSupportedFormats = async () => supported;
    async detect() {
      const frame = frames.shift() ?? null;
      if (frame instanceof Error) throw frame;
      return frame ? [{ rawValue: frame }] : [];
    }
  }
  Object.assign(globalThis, { BarcodeDetector: Detector });
  return asked;
}

test('frames are read until the camera is switched off', async () => {
  const asked = detector(['aztec', 'ean_13', 'ean_8', 'qr_code'], [null, new Error('no frame'), '8801234567893', '8801234567893', '96385074']);
  const barcodes: string[] = [];
  const stop = watchVideo(video, (barcode) => {
    barcodes.push(barcode);
    if (barcodes.length === 2) stop();
  });
  await jest.advanceTimersByTimeAsync(5000);
  expect(barcodes).toEqual(['8801234567893', '8801234567893']);
  expect(asked).toEqual([['ean_13', 'ean_8', 'qr_code']]);
});

test('a camera that is switched off at once reads nothing', async () => {
  detector(['ean_13'], ['8801234567893']);
  const barcodes: string[] = [];
  watchVideo(video, (barcode) => barcodes.push(barcode))();
  await jest.advanceTimersByTimeAsync(5000);
  expect(barcodes).toEqual([]);
});

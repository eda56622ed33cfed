// Reads the barcode in a photo, on a device.
import { scanFromURLAsync } from 'expo-camera';

import { BARCODE_TYPES } from './barcode';

export async function barcodeIn(uri: string): Promise<string | null> {
  const results = await scanFromURLAsync(uri, [...BARCODE_TYPES]);
  return results[0]?.data ?? null;
}

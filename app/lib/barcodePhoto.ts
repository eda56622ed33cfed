// The barcode in a photo, read by the device.
import { scanFromURLAsync } from 'expo-camera';

import { BARCODE_TYPES } from './barcode';

export async function barcodeIn(uri: string): Promise<string | null> {
  const found = await scanFromURLAsync(uri, [...BARCODE_TYPES]);
  return found[0]?.data ?? null;
}

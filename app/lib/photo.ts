// A photo of a receipt from the camera or the gallery, prepared for upload: JPEG, at most 2048 px on the longer side.
// Tall screenshots, such as those of a whole order list, keep the width of their text.
import { ImageManipulator, SaveFormat } from 'expo-image-manipulator';
import * as ImagePicker from 'expo-image-picker';
import { Platform } from 'react-native';

import type { PhotoBody } from './photoStore';
import { Problem } from './problem';

export const LONGEST_SIDE_PX = 2048;
/** Ratio of the sides from which the shorter side is limited instead. As in the OCR service. */
const TALL = 2.5;
const TALL_PIXELS = 12_000_000;
const MAX_BYTES = 10 * 1024 * 1024;

export type Photo = { body: PhotoBody; contentType: string };

/** Null if the user cancels. Throws a Problem without camera permission, or if the file is not a photo. */
export async function askForPhoto(from: 'camera' | 'gallery'): Promise<Photo | null> {
  if (from === 'camera' && Platform.OS !== 'web') {
    const permission = await ImagePicker.requestCameraPermissionsAsync();
    if (!permission.granted) throw new Problem('camera_refused', false);
  }
  const options: ImagePicker.ImagePickerOptions = { mediaTypes: ['images'], quality: 1 };
  const result =
    from === 'camera'
      ? await ImagePicker.launchCameraAsync(options)
      : await ImagePicker.launchImageLibraryAsync(options);
  const asset = result.assets?.[0];
  return asset ? prepared(asset) : null;
}

export function scaled(width: number, height: number): { width: number } | { height: number } | null {
  const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
  const limit =
    longer > TALL * shorter
      ? longer * Math.min(1, LONGEST_SIDE_PX / shorter, Math.sqrt(TALL_PIXELS / (width * height)))
      : LONGEST_SIDE_PX;
  if (longer <= limit) return null;
  return width >= height ? { width: Math.round(limit) } : { height: Math.round(limit) };
}

async function prepared(asset: ImagePicker.ImagePickerAsset): Promise<Photo> {
  try {
    const context = ImageManipulator.manipulate(asset.uri);
    const whole = await context.renderAsync();
    const size = scaled(whole.width, whole.height);
    const image = size ? await context.resize(size).renderAsync() : whole;
    const { uri } = await image.saveAsync({ format: SaveFormat.JPEG, compress: 0.9 });
    return { body: await bodyOf(uri), contentType: 'image/jpeg' };
  } catch {
    // Most browsers cannot decode HEIC, but the server can.
    // Storage compares the content type as text: in lower case and without parameters.
    const { file, mimeType = '' } = asset;
    const contentType = (mimeType.split(';')[0] ?? '').trim().toLowerCase();
    if (file && /^image\/hei[cf]$/.test(contentType) && file.size <= MAX_BYTES) return { body: file, contentType };
    throw new Problem('unsupported_image', false);
  }
}

async function bodyOf(uri: string): Promise<PhotoBody> {
  return Platform.OS === 'web' ? (await fetch(uri)).blob() : { uri };
}

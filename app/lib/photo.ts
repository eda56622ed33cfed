// A photo of a receipt from the camera or the gallery, and its preparation for the upload: JPEG, at most 2048 px on the
// longer side. Tall screenshots, such as those of a whole order list, keep the width of their text. PDFs stay as they are.
import * as DocumentPicker from 'expo-document-picker';
import { ImageManipulator, SaveFormat } from 'expo-image-manipulator';
import * as ImagePicker from 'expo-image-picker';
import { Platform } from 'react-native';

import { PDF } from './pdf';
import type { PhotoBody } from './photoStore';
import { Problem } from './problem';

export const LONGEST_SIDE_PX = 2048;
/** Ratio of the sides from which the shorter side is limited instead. As in the OCR service. */
const TALL = 2.5;
const TALL_PIXELS = 12_000_000;
const MAX_BYTES = 10 * 1024 * 1024;

export type Photo = { body: PhotoBody; contentType: string };

/**
 * The photo as it was taken; null if the user cancels. Throws a Problem without camera permission, or if the file is not
 * a photo.
 */
export async function askForPhoto(from: 'camera' | 'gallery'): Promise<Photo | null> {
  if (from === 'camera' && Platform.OS !== 'web') {
    const permission = await ImagePicker.requestCameraPermissionsAsync();
    if (!permission.granted) throw new Problem('camera_refused', false);
  }
  const options: ImagePicker.ImagePickerOptions = { mediaTypes: ['images'], quality: 1 };
  const picked =
    from === 'camera' ? ImagePicker.launchCameraAsync(options) : ImagePicker.launchImageLibraryAsync(options);
  const { assets } = await picked.catch((error: unknown) => {
    // A browser's dialog offers every file, and the picker throws for others than images and videos.
    throw Platform.OS === 'web' ? new Problem('unsupported_image', false) : error;
  });
  const asset = assets?.[0];
  return asset ? originalOf(asset) : null;
}

/** An electronic receipt from the device's files; null if the user cancels. Throws a Problem for other files. */
export async function askForPdf(): Promise<Photo | null> {
  const { assets } = await DocumentPicker.getDocumentAsync({ type: PDF, base64: false });
  const asset = assets?.[0];
  return asset ? originalOf(asset) : null;
}

type Asset = { uri: string; file?: File; mimeType?: string };

function originalOf({ uri, file, mimeType }: Asset): Photo {
  const photo = uploadable({ body: file ?? { uri }, contentType: mimeType || 'image/jpeg' });
  if (!photo) throw new Problem('unsupported_image', false);
  return photo;
}

/** With its content type as Storage compares it: in lower case, without parameters. Null for what is no photo or PDF. */
export function uploadable({ body, contentType }: Photo): Photo | null {
  const plain = (contentType.split(';')[0] ?? '').trim().toLowerCase();
  return plain.startsWith('image/') || plain === PDF ? { body, contentType: plain } : null;
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

/** Throws a Problem if the file is not a photo, or if neither this device nor the server can read it. */
export async function prepare({ body, contentType }: Photo): Promise<Photo> {
  if (contentType === PDF) {
    if (!('uri' in body) && body.size > MAX_BYTES) throw new Problem('too_large', false);
    return { body, contentType };
  }
  const uri = 'uri' in body ? body.uri : URL.createObjectURL(body);
  try {
    const context = ImageManipulator.manipulate(uri);
    const whole = await context.renderAsync().catch(() => null);
    if (!whole) {
      // Most browsers cannot decode HEIC, but the server can.
      if (!('uri' in body) && /^image\/hei[cf]$/.test(contentType) && body.size <= MAX_BYTES) return { body, contentType };
      throw new Problem('unsupported_image', false);
    }
    // An error from here on, such as a full disk, is not the photo's.
    const size = scaled(whole.width, whole.height);
    const image = size ? await context.resize(size).renderAsync() : whole;
    const saved = await image.saveAsync({ format: SaveFormat.JPEG, compress: 0.9 });
    return { body: await bodyOf(saved.uri), contentType: 'image/jpeg' };
  } finally {
    if (!('uri' in body)) URL.revokeObjectURL(uri);
  }
}

async function bodyOf(uri: string): Promise<PhotoBody> {
  return Platform.OS === 'web' ? (await fetch(uri)).blob() : { uri };
}

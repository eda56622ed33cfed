// Photos waiting for upload, on a device: files in the documents folder, with their list beside them.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { Directory, File, Paths } from 'expo-file-system';

/** What XMLHttpRequest sends: a Blob in a browser, a file on a device. */
export type PhotoBody = Blob | { uri: string };

export type StoredUpload = {
  id: string;
  userId: string;
  /** The path in the bucket: the same for every attempt, so that a photo is uploaded once. */
  path: string;
  contentType: string;
  createdAt: string;
  /** The error code with which the server permanently rejected the photo. */
  refused?: string;
  /** When the daily limit that the upload has reached is renewed, in ISO 8601. Not sent before, unless the user asks. */
  retryAt?: string;
};

export interface PhotoStore {
  list(): Promise<StoredUpload[]>;
  /** The photo is stored once this resolves. Without a body only the metadata changes. */
  put(upload: StoredUpload, body?: PhotoBody): Promise<void>;
  body(id: string): Promise<PhotoBody>;
  remove(id: string): Promise<void>;
}

const PREFIX = 'upload/';

function fileOf(id: string): File {
  return new File(new Directory(Paths.document, 'uploads'), id);
}

export const photoStore: PhotoStore = {
  async list() {
    const keys = (await AsyncStorage.getAllKeys()).filter((key) => key.startsWith(PREFIX));
    const entries = await AsyncStorage.multiGet(keys);
    return entries.flatMap(([, value]) => (value ? [JSON.parse(value) as StoredUpload] : []));
  },
  async put(upload, body) {
    if (body && 'uri' in body) {
      const file = fileOf(upload.id);
      file.parentDirectory.create({ intermediates: true, idempotent: true });
      new File(body.uri).copy(file);
    }
    await AsyncStorage.setItem(PREFIX + upload.id, JSON.stringify(upload));
  },
  async body(id) {
    return { uri: fileOf(id).uri };
  },
  async remove(id) {
    await AsyncStorage.removeItem(PREFIX + id);
    const file = fileOf(id);
    if (file.exists) file.delete();
  },
};

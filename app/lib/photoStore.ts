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
  /** The photo is stored as it was taken; it is still to be prepared for the upload. */
  original?: true;
  /** The error code with which the server permanently rejected the photo. */
  refused?: string;
  /** When the daily limit that the upload has reached is renewed, in ISO 8601. Not sent before, unless the user asks. */
  retryAt?: string;
};

export interface PhotoStore {
  list(): Promise<StoredUpload[]>;
  /** The photo is stored once this resolves, and has replaced an earlier one. Without a body only the metadata changes. */
  put(upload: StoredUpload, body?: PhotoBody): Promise<void>;
  body(id: string): Promise<PhotoBody>;
  remove(id: string): Promise<void>;
}

const PREFIX = 'upload/';

/** The original and the prepared photo have files of their own, so that one is complete at every moment. */
function fileOf({ id, original }: Pick<StoredUpload, 'id' | 'original'>): File {
  return new File(new Directory(Paths.document, 'uploads'), original ? `${id}.original` : id);
}

function discard(file: File): void {
  if (file.exists) file.delete();
}

export const photoStore: PhotoStore = {
  async list() {
    const keys = (await AsyncStorage.getAllKeys()).filter((key) => key.startsWith(PREFIX));
    const entries = await AsyncStorage.multiGet(keys);
    return entries.flatMap(([, value]) => (value ? [JSON.parse(value) as StoredUpload] : []));
  },
  async put(upload, body) {
    if (body && 'uri' in body) {
      const file = fileOf(upload);
      file.parentDirectory.create({ intermediates: true, idempotent: true });
      discard(file); // incomplete, from a run of the app that was interrupted
      new File(body.uri).copy(file);
    }
    await AsyncStorage.setItem(PREFIX + upload.id, JSON.stringify(upload));
    if (body && !upload.original) discard(fileOf({ id: upload.id, original: true }));
  },
  async body(id) {
    const entry = await AsyncStorage.getItem(PREFIX + id);
    if (!entry) throw new Error(`There is no photo ${id}.`);
    return { uri: fileOf(JSON.parse(entry) as StoredUpload).uri };
  },
  async remove(id) {
    await AsyncStorage.removeItem(PREFIX + id);
    discard(fileOf({ id }));
    discard(fileOf({ id, original: true }));
  },
};

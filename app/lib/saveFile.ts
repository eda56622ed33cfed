import { File, Paths } from 'expo-file-system';
import { shareAsync } from 'expo-sharing';

/** Lets the user store or send a text file. */
export async function saveFile(name: string, text: string, mimeType: string): Promise<void> {
  const file = new File(Paths.cache, name);
  if (file.exists) file.delete();
  file.create();
  file.write(text);
  await shareAsync(file.uri, { mimeType });
}

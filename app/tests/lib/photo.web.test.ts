import { launchCameraAsync, launchImageLibraryAsync } from 'expo-image-picker';

import { askForPhoto } from '@/lib/photo';

jest.mock('expo-image-picker', () => ({ launchCameraAsync: jest.fn(), launchImageLibraryAsync: jest.fn() }));

test.each(['gallery', 'camera'] as const)('a file from the browser’s dialog (%s) that is no photo is refused', async (from) => {
  const picker = jest.mocked(from === 'camera' ? launchCameraAsync : launchImageLibraryAsync);
  picker.mockRejectedValueOnce(new Error('Unsupported file type: text/plain'));
  await expect(askForPhoto(from)).rejects.toMatchObject({ name: 'Problem', code: 'unsupported_image', retryable: false });
  picker.mockResolvedValueOnce({ canceled: true, assets: null });
  expect(await askForPhoto(from)).toBeNull();
});

// Pages of other sites that the app opens, and the way back; on a device.
import * as Linking from 'expo-linking';
import * as WebBrowser from 'expo-web-browser';

/** The URL at which a mail's link or a provider opens the app. */
export const redirect = (path: string) => Linking.createURL(path);

/** The URL of another app that opened this app last, such as that of a mail's link. */
export const useOpenedUrl = Linking.useLinkingURL;

/** Opens a provider's page. Resolves with the code for a session, or null if the user cancelled. */
export async function signInElsewhere(url: string): Promise<string | null> {
  const result = await WebBrowser.openAuthSessionAsync(url, redirect('/'));
  return result.type === 'success' ? new URL(result.url).searchParams.get('code') : null;
}

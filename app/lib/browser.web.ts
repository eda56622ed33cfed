// Pages of other sites that the app opens, and the way back; in a browser.

/** The URL at which a mail's link or a provider opens the app. */
export const redirect = (path: string) => new URL(path, window.location.origin).href;

/** In a browser, supabase-js reads the page's URL. */
export const useOpenedUrl = (): string | null => null;

/** Leaves the app. The provider opens it again with a code in the URL, which supabase-js takes from there. */
export function signInElsewhere(url: string): Promise<string | null> {
  window.location.assign(url);
  return new Promise(() => {});
}

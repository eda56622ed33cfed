/** Expo sends notifications to devices alone, and a page that is closed shows none. */
export const canPush = false;

export async function isAllowed(): Promise<boolean> {
  return false;
}

export async function pushToken(): Promise<string | null> {
  return null;
}

export async function placeNotification(): Promise<void> {}

export async function cancelPlanned(): Promise<void> {}

export function onNotification(): () => void {
  return () => {};
}

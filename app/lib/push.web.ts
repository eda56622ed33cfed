/** Expo sends notifications to devices alone. */
export const canPush = false;

export async function pushToken(): Promise<string | null> {
  return null;
}

export function onNotification(): () => void {
  return () => {};
}

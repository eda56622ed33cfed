// Push notifications of reminders, on a device.
import Constants from 'expo-constants';
import * as Notifications from 'expo-notifications';
import { Platform } from 'react-native';

export const canPush = true;

Notifications.setNotificationHandler({
  handleNotification: async () => ({
    shouldShowBanner: true,
    shouldShowList: true,
    shouldPlaySound: false,
    shouldSetBadge: false,
  }),
});

/** The device's Expo push token; null if the user does not allow notifications. `ask`: whether to ask for permission. */
export async function pushToken(channel: string, ask: boolean): Promise<string | null> {
  // Android asks for permission only if there is a channel.
  if (Platform.OS === 'android') {
    await Notifications.setNotificationChannelAsync('reminders', { name: channel, importance: Notifications.AndroidImportance.DEFAULT });
  }
  const { granted, canAskAgain } = await Notifications.getPermissionsAsync();
  const allowed = granted || (ask && canAskAgain && (await Notifications.requestPermissionsAsync()).granted);
  if (!allowed) return null;
  const projectId: string | undefined = Constants.expoConfig?.extra?.eas?.projectId;
  return (await Notifications.getExpoPushTokenAsync(projectId ? { projectId } : {})).data;
}

/** Calls `onOpen` with the screen of a notification that the user pressed. Returns a function that stops this. */
export function onNotification(onOpen: (screen: string) => void): () => void {
  const listener = Notifications.addNotificationResponseReceivedListener(({ notification }) => {
    const screen = notification.request.content.data?.screen;
    if (typeof screen === 'string') onOpen(screen);
  });
  return () => listener.remove();
}

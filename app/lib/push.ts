// Notifications of reminders, on a device.
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

/** Android's channel of reminders; the server names it, too. */
const CHANNEL = 'reminders';

/** Whether the user allows notifications. `ask`: whether to ask for permission. */
export async function isAllowed(channel: string, ask: boolean): Promise<boolean> {
  // Android asks for permission only if there is a channel.
  if (Platform.OS === 'android') {
    await Notifications.setNotificationChannelAsync(CHANNEL, { name: channel, importance: Notifications.AndroidImportance.DEFAULT });
  }
  const { granted, canAskAgain } = await Notifications.getPermissionsAsync();
  return granted || (ask && canAskAgain && (await Notifications.requestPermissionsAsync()).granted);
}

/** The device's Expo push token. Rejects if the device has no token, as without a project at Expo. */
export async function pushToken(): Promise<string> {
  const projectId: string | undefined = Constants.expoConfig?.extra?.eas?.projectId;
  return (await Notifications.getExpoPushTokenAsync(projectId ? { projectId } : {})).data;
}

/** Has the device show a notification at a time, even if the app does not run then. */
export async function placeNotification(at: Date, title: string, body: string): Promise<void> {
  await Notifications.scheduleNotificationAsync({
    content: { title, body, data: { screen: 'inventory' } },
    trigger: { type: Notifications.SchedulableTriggerInputTypes.DATE, date: at, channelId: CHANNEL },
  });
}

export async function cancelPlanned(): Promise<void> {
  await Notifications.cancelAllScheduledNotificationsAsync();
}

/** Calls `onOpen` with the screen of a notification that the user pressed. Returns a function that stops this. */
export function onNotification(onOpen: (screen: string) => void): () => void {
  const listener = Notifications.addNotificationResponseReceivedListener(({ notification }) => {
    const screen = notification.request.content.data?.screen;
    if (typeof screen === 'string') onOpen(screen);
  });
  return () => listener.remove();
}

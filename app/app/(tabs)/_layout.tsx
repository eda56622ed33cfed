import { BottomTabBar } from '@react-navigation/bottom-tabs';
import { Tabs } from 'expo-router';
import { Platform, View, type ViewStyle } from 'react-native';

import { House, Receipt, Refrigerator, ScanBarcode, Settings } from '@/components/ui/icons';
import { useColor } from '@/components/ui/scheme';
import { fontFamily, size } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';

/**
 * In a browser the tabs that are not chosen lie below the one that is: without this, the Tab key comes to their buttons.
 * Unlike `display`, it keeps where they are scrolled to.
 */
const HIDDEN = Platform.OS === 'web' ? ({ visibility: 'hidden' } as ViewStyle) : null;

const isChosen = ({ routes, index }: { routes: { key: string }[]; index: number }, key: string) => routes[index]?.key === key;

export default function TabsLayout() {
  const color = useColor();
  const m = useMessages();
  return (
    <Tabs
      // A landmark for screen readers.
      tabBar={(props) => (
        <View role="navigation" aria-label={m.tabs.label}>
          <BottomTabBar {...props} />
        </View>
      )}
      screenOptions={({ route, navigation }) => ({
        headerShown: false,
        tabBarActiveTintColor: color.brand,
        tabBarInactiveTintColor: color.soft,
        tabBarLabelStyle: { fontFamily, fontSize: size.small - 1, fontWeight: '600' },
        tabBarStyle: { backgroundColor: color.card, borderTopColor: color.line, minHeight: 60 },
        tabBarItemStyle: { paddingVertical: 4 },
        sceneStyle: [{ backgroundColor: color.page }, isChosen(navigation.getState(), route.key) ? null : HIDDEN],
      })}
    >
      <Tabs.Screen
        name="index"
        options={{
          title: m.tabs.home,
          tabBarButtonTestID: 'tab-home',
          tabBarIcon: ({ color: tint }) => <House size={22} color={tint} />,
        }}
      />
      <Tabs.Screen
        name="receipts"
        options={{
          title: m.tabs.receipts,
          tabBarButtonTestID: 'tab-receipts',
          tabBarIcon: ({ color: tint }) => <Receipt size={22} color={tint} />,
        }}
      />
      <Tabs.Screen
        name="inventory"
        options={{
          title: m.tabs.inventory,
          tabBarButtonTestID: 'tab-inventory',
          tabBarIcon: ({ color: tint }) => <Refrigerator size={22} color={tint} />,
        }}
      />
      <Tabs.Screen
        name="barcode"
        options={{
          title: m.tabs.barcode,
          tabBarButtonTestID: 'tab-barcode',
          tabBarIcon: ({ color: tint }) => <ScanBarcode size={22} color={tint} />,
        }}
      />
      <Tabs.Screen
        name="settings"
        options={{
          title: m.tabs.settings,
          tabBarButtonTestID: 'tab-settings',
          tabBarIcon: ({ color: tint }) => <Settings size={22} color={tint} />,
        }}
      />
    </Tabs>
  );
}

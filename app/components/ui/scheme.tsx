// Light or dark: as the system is set, unless the user chose one.
import AsyncStorage from '@react-native-async-storage/async-storage';
import { StatusBar } from 'expo-status-bar';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { Appearance, type ImageStyle, Platform, StyleSheet, type TextStyle, useColorScheme, type ViewStyle } from 'react-native';

import { type Palette, palettes } from './theme';

export type Scheme = keyof typeof palettes;
export type Preference = Scheme | 'system';
export const PREFERENCES: readonly Preference[] = ['system', 'light', 'dark'];

type Value = { color: Palette; scheme: Scheme; preference: Preference; prefer: (preference: Preference) => void };
const KEY = 'scheme';
const Context = createContext<Value>({ color: palettes.light, scheme: 'light', preference: 'system', prefer: () => {} });

export function SchemeProvider({ children }: { children: ReactNode }) {
  const [preference, setPreference] = useState<Preference>('system');
  // Once the system decides again, a device reports which scheme that is only if it differs from the one before.
  const [before, setBefore] = useState<Scheme>('light');
  const reported = useColorScheme();
  const system = reported === 'dark' || reported === 'light' ? reported : before;
  const scheme = preference === 'system' ? system : preference;
  useEffect(() => {
    AsyncStorage.getItem(KEY).then((stored) => {
      const match = PREFERENCES.find((each) => each === stored);
      if (!match || match === 'system') return;
      setPreference(match);
      tellDevice(match);
    });
  }, []);
  useEffect(() => {
    if (Platform.OS !== 'web') return;
    // Scrollbars, date pickers and what lies behind the app.
    document.documentElement.style.colorScheme = scheme;
    document.documentElement.style.backgroundColor = palettes[scheme].page;
  }, [scheme]);
  const value = useMemo(
    () => ({
      color: palettes[scheme],
      scheme,
      preference,
      prefer: (chosen: Preference) => {
        setBefore(scheme);
        setPreference(chosen);
        tellDevice(chosen);
        void AsyncStorage.setItem(KEY, chosen);
      },
    }),
    [preference, scheme],
  );
  return (
    <Context.Provider value={value}>
      <StatusBar style={scheme === 'dark' ? 'light' : 'dark'} />
      {children}
    </Context.Provider>
  );
}

/** Pickers, keyboards and dialogs of the device have the app's colours. */
function tellDevice(preference: Preference): void {
  if (Platform.OS !== 'web') Appearance.setColorScheme(preference === 'system' ? 'unspecified' : preference);
}

export const useScheme = () => useContext(Context);
export const useColor = () => useContext(Context).color;

type Styles = Record<string, ViewStyle | TextStyle | ImageStyle>;

/** A hook that returns the styles which `make` makes of the current colours, made once per palette. */
export function themed<T extends Styles>(make: (color: Palette) => T & Styles): () => T {
  const made = new Map<Palette, T>();
  return () => {
    const color = useColor();
    const styles = made.get(color) ?? (StyleSheet.create(make(color)) as T);
    made.set(color, styles);
    return styles;
  };
}

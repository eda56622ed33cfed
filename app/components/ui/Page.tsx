import { router, useFocusEffect } from 'expo-router';
import { type ReactNode, useCallback, useRef } from 'react';
import { Platform, ScrollView, useWindowDimensions, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { IconButton } from './IconButton';
import { ArrowLeft, CloudOff } from './icons';
import { Label } from './Label';
import { useSetFloor } from './Notice';
import { useOnline } from './State';
import { themed, useColor } from './scheme';
import { space, WIDE } from './theme';
import { useMessages } from '@/lib/i18n';

type Props = {
  /** Without one, the content has the heading. */
  title?: string;
  children: ReactNode;
  /** Shows a back button. */
  back?: boolean;
  aside?: ReactNode;
  /** Stays at the bottom while the content scrolls. */
  footer?: ReactNode;
  /** Uses the full width of wide windows, for two columns. */
  wide?: boolean;
  testID?: string;
};

/** Below the content, so that its end can be scrolled above a notice and its undo, which stay for seconds. */
const NOTICE_ROOM = 96;

/** A screen: title, scrolling content, and a banner while there is no connection. */
export function Page({ title, children, back, aside, footer, wide, testID }: Props) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  // Screen readers and the list of tabs name a page by its document's title.
  useFocusEffect(
    useCallback(() => {
      if (Platform.OS === 'web') document.title = title && title !== m.name ? `${title} - ${m.name}` : m.name;
    }, [m.name, title]),
  );
  const page = useRef<View>(null);
  const foot = useRef<View>(null);
  const shown = useRef(false);
  const setFloor = useSetFloor();
  // Notices end above the footer, or above what is below the page: they must not cover its buttons.
  const measure = useCallback(() => {
    if (!shown.current) return;
    if (foot.current) foot.current.measureInWindow((_, y) => setFloor(y));
    else page.current?.measureInWindow((_, y, __, height) => setFloor(y + height));
  }, [setFloor]);
  useFocusEffect(
    useCallback(() => {
      shown.current = true;
      measure();
      return () => {
        shown.current = false;
      };
    }, [measure]),
  );
  const online = useOnline();
  const insets = useSafeAreaInsets();
  const roomy = useWindowDimensions().width >= WIDE;
  const column = [styles.column, { maxWidth: wide && roomy ? 1120 : 720 }];
  return (
    <View ref={page} style={[styles.page, { paddingTop: insets.top }]} role="main" onLayout={measure} testID={testID}>
      <View style={[column, styles.head]}>
        {back ? (
          <IconButton
            icon={ArrowLeft}
            label={m.common.back}
            tint={color.text}
            onPress={() => (router.canGoBack() ? router.back() : router.replace('/'))}
            testID="back"
          />
        ) : null}
        {title ? (
          <Label kind="title" aria-level={1} numberOfLines={2} style={styles.grow}>
            {title}
          </Label>
        ) : null}
        {aside}
      </View>
      {online ? null : (
        <View style={styles.offline} role="status" testID="offline">
          <CloudOff size={16} color={color.warn} />
          <Label kind="small" tint={color.warn}>
            {m.common.offline}
          </Label>
        </View>
      )}
      <ScrollView style={styles.scroll} contentContainerStyle={[column, styles.content]} keyboardShouldPersistTaps="handled">
        {children}
      </ScrollView>
      {footer ? (
        <View ref={foot} style={[styles.footer, { paddingBottom: Math.max(insets.bottom, space.m) }]} onLayout={measure}>
          <View style={[column, roomy && styles.middle]}>{footer}</View>
        </View>
      ) : null}
    </View>
  );
}

const useStyles = themed((color) => ({
  page: { flex: 1, backgroundColor: color.page },
  column: { width: '100%', alignSelf: 'center', paddingHorizontal: space.l },
  head: { minHeight: 60, flexDirection: 'row', alignItems: 'center', gap: space.xs },
  grow: { flex: 1 },
  offline: {
    flexDirection: 'row',
    alignItems: 'center',
    justifyContent: 'center',
    gap: space.s,
    padding: space.s,
    backgroundColor: color.warnSoft,
  },
  middle: { maxWidth: 480 },
  scroll: { flex: 1 },
  content: { gap: space.m, paddingTop: space.xs, paddingBottom: NOTICE_ROOM },
  footer: { borderTopWidth: 1, borderTopColor: color.line, backgroundColor: color.card, paddingTop: space.m },
}));

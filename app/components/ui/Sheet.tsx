import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Modal, ScrollView, StyleSheet, useWindowDimensions, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { IconButton } from './IconButton';
import { X } from './icons';
import { Label } from './Label';
import { SheetNotices } from './Notice';
import { themed } from './scheme';
import { radius, space, WIDE } from './theme';
import { backEntry } from '@/lib/backEntry';
import { useMessages } from '@/lib/i18n';
import { prefersStill } from '@/lib/motion';

/** The second press of a double tap on what opens a sheet comes within this time, and meets what lies around the sheet. */
const DOUBLE_TAP_MS = 400;

type Props = { title: string; onClose: () => void; children: ReactNode; footer?: ReactNode; testID?: string };

/** A dialog: slides up from the bottom on phones, centred in wide windows. Escape, back or a press outside closes it. */
export function Sheet({ title, onClose, children, footer, testID }: Props) {
  const styles = useStyles();
  const m = useMessages();
  const insets = useSafeAreaInsets();
  const roomy = useWindowDimensions().width >= WIDE;
  // The modal sets its role and moves the focus after its animation: the animation must not change while it is open.
  const [animation] = useState<'none' | 'fade' | 'slide'>(() => (prefersStill() ? 'none' : roomy ? 'fade' : 'slide'));
  const [openedAt] = useState(Date.now);
  const [footerHeight, setFooterHeight] = useState(0);
  const pressOutside = () => {
    if (Date.now() - openedAt > DOUBLE_TAP_MS) onClose();
  };
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => backEntry(() => close.current()), []);
  return (
    <Modal transparent animationType={animation} onRequestClose={onClose} aria-label={title}>
      <View style={[styles.screen, roomy && styles.middle]}>
        {/* A Pressable could have the focus, which the modal gives to its first such element. */}
        <View
          style={[StyleSheet.absoluteFill, styles.shade]}
          onStartShouldSetResponder={() => true}
          onResponderRelease={pressOutside}
          aria-hidden
          testID="sheet-outside"
        />
        <View style={[styles.sheet, roomy && styles.window]} testID={testID}>
          <View style={styles.head}>
            <Label kind="title" aria-level={2} style={styles.grow}>
              {title}
            </Label>
            <IconButton icon={X} label={m.common.close} onPress={onClose} testID="close" />
          </View>
          <ScrollView contentContainerStyle={styles.content} keyboardShouldPersistTaps="handled">
            {children}
          </ScrollView>
          {footer ? (
            <View
              style={[styles.footer, { paddingBottom: Math.max(insets.bottom, space.m) }]}
              onLayout={({ nativeEvent }) => setFooterHeight(nativeEvent.layout.height)}
            >
              {footer}
            </View>
          ) : null}
        </View>
        <SheetNotices bottom={(roomy ? 0 : footerHeight) + space.l} />
      </View>
    </Modal>
  );
}

const useStyles = themed((color) => ({
  screen: { flex: 1, justifyContent: 'flex-end' },
  middle: { justifyContent: 'center' },
  shade: { backgroundColor: color.shade },
  sheet: {
    width: '100%',
    maxWidth: 640,
    maxHeight: '92%',
    alignSelf: 'center',
    backgroundColor: color.page,
    borderTopLeftRadius: radius.l,
    borderTopRightRadius: radius.l,
    overflow: 'hidden',
  },
  window: { borderRadius: radius.l },
  head: { flexDirection: 'row', alignItems: 'center', paddingLeft: space.l, paddingRight: space.s, paddingTop: space.s },
  grow: { flex: 1 },
  content: { padding: space.l, paddingTop: space.s, gap: space.l },
  footer: { paddingTop: space.m, paddingHorizontal: space.l, borderTopWidth: 1, borderTopColor: color.line, backgroundColor: color.card },
}));

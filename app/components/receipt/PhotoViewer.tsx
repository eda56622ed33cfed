import { useEffect, useMemo, useRef, useState } from 'react';
import { type GestureResponderEvent, Image, Modal, PanResponder, StyleSheet, View } from 'react-native';
import { useSafeAreaInsets } from 'react-native-safe-area-context';

import { IconButton } from '@/components/ui/IconButton';
import { Maximize, Minus, Plus, X } from '@/components/ui/icons';
import { radius, space } from '@/components/ui/theme';
import { backEntry } from '@/lib/backEntry';
import { useMessages } from '@/lib/i18n';
import { prefersStill } from '@/lib/motion';
import { limited, type Size, type View as Place, WHOLE, zoomed } from '@/lib/zoom';

const STEP = 1.6;
/** How far an arrow key moves the photo, in px. */
const MOVE = 80;
/** Two presses within this time are a double press. */
const DOUBLE_MS = 300;
/** A finger that moves less than this, in px, presses. */
const STILL = 6;

type Props = { url: string; photo: Size; onClose: () => void };
type Keys = { key: string; preventDefault: () => void };
type Wheel = { nativeEvent: { deltaY: number } };

/** The photo on the whole screen. Fingers, wheel, keys and buttons enlarge and move it. */
export function PhotoViewer({ url, photo, onClose }: Props) {
  const m = useMessages();
  const insets = useSafeAreaInsets();
  const [window, setWindow] = useState<Size>({ width: 1, height: 1 });
  const [view, setView] = useState(WHOLE);
  const [animation] = useState<'none' | 'fade'>(() => (prefersStill() ? 'none' : 'fade'));
  const close = useRef(onClose);
  const lastPress = useRef(0);
  useEffect(() => {
    close.current = onClose;
  });
  useEffect(() => backEntry(() => close.current()), []);

  const { show, handlers } = useMemo(() => {
    const show = (change: (view: Place) => Place) => setView((now) => limited(change(now), photo, window));
    const centred = (x: number, y: number) => ({ x: x - window.width / 2, y: y - window.height / 2 });
    let last: { x: number; y: number; distance: number } | null = null;
    const touch = ({ nativeEvent: { touches, pageX, pageY } }: GestureResponderEvent) => {
      const [first, second] = touches;
      if (!first || !second) return { x: first?.pageX ?? pageX, y: first?.pageY ?? pageY, distance: 0 };
      return {
        x: (first.pageX + second.pageX) / 2,
        y: (first.pageY + second.pageY) / 2,
        distance: Math.hypot(first.pageX - second.pageX, first.pageY - second.pageY),
      };
    };
    const { panHandlers } = PanResponder.create({
      onStartShouldSetPanResponder: () => true,
      onMoveShouldSetPanResponder: () => true,
      onPanResponderGrant: (event) => {
        last = touch(event);
      },
      onPanResponderMove: (event) => {
        const now = touch(event);
        const before = last;
        last = now;
        // A finger more or less moves their centre.
        if (!before || (before.distance === 0) !== (now.distance === 0)) return;
        show((view) => {
          const moved = { ...view, x: view.x + now.x - before.x, y: view.y + now.y - before.y };
          return now.distance ? zoomed(moved, now.distance / before.distance, centred(now.x, now.y)) : moved;
        });
      },
      onPanResponderRelease: ({ nativeEvent: { pageX, pageY } }, { dx, dy }) => {
        last = null;
        if (Math.hypot(dx, dy) > STILL) return;
        const time = Date.now();
        if (time - lastPress.current < DOUBLE_MS) {
          show((view) => (view.scale > 1 ? WHOLE : zoomed(view, STEP * STEP, centred(pageX, pageY))));
        }
        lastPress.current = time;
      },
    });
    return { show, handlers: panHandlers };
  }, [photo, window]);

  const zoom = (factor: number) => show((view) => zoomed(view, factor, { x: 0, y: 0 }));
  const onKeyDown = (event: Keys) => {
    const { key } = event;
    const move = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[key];
    if (move) show((view) => ({ ...view, x: view.x + move[0]! * MOVE, y: view.y + move[1]! * MOVE }));
    else if (key === '+' || key === '=') zoom(STEP);
    else if (key === '-') zoom(1 / STEP);
    else if (key === '0') show(() => WHOLE);
    else return;
    event.preventDefault();
  };
  const onWheel = ({ nativeEvent: { deltaY } }: Wheel) => zoom(Math.exp(-deltaY / 300));
  // React Native's types lack what only browsers report.
  const inBrowsers = { onKeyDown, onWheel } as object;

  return (
    <Modal transparent animationType={animation} onRequestClose={onClose} aria-label={m.result.photo}>
      <View style={styles.screen} testID="photo-viewer" {...inBrowsers}>
        <View
          style={[StyleSheet.absoluteFill, styles.window]}
          // With the focus, which a press gives it, keys move the photo.
          tabIndex={0}
          role="group"
          aria-label={m.result.photo}
          onLayout={({ nativeEvent: { layout } }) => setWindow({ width: layout.width, height: layout.height })}
          {...handlers}
        >
          <Image
            source={{ uri: url }}
            style={[
              styles.photo,
              { transform: [{ translateX: view.x }, { translateY: view.y }, { scale: view.scale }] },
            ]}
            resizeMode="contain"
            alt={m.result.photo}
            testID="photo-large"
          />
        </View>
        <View style={[styles.tools, { top: insets.top + space.s }]}>
          <IconButton icon={X} tint="#ffffff" label={m.common.close} onPress={onClose} testID="close" />
        </View>
        <View style={[styles.tools, styles.bottom, { bottom: insets.bottom + space.l }]}>
          <IconButton icon={Minus} tint="#ffffff" label={m.result.smaller} onPress={() => zoom(1 / STEP)} disabled={view.scale <= 1} testID="photo-smaller" />
          <IconButton icon={Maximize} tint="#ffffff" label={m.result.whole} onPress={() => show(() => WHOLE)} testID="photo-whole" />
          <IconButton icon={Plus} tint="#ffffff" label={m.result.larger} onPress={() => zoom(STEP)} testID="photo-larger" />
        </View>
      </View>
    </Modal>
  );
}

const styles = StyleSheet.create({
  // The same in both schemes: a photo stands on black.
  screen: { flex: 1, backgroundColor: '#000000' },
  window: { overflow: 'hidden', touchAction: 'none', cursor: 'grab', outlineStyle: 'none' } as object,
  photo: { width: '100%', height: '100%', userSelect: 'none' } as object,
  tools: { position: 'absolute', right: space.s, flexDirection: 'row', borderRadius: radius.round, backgroundColor: 'rgba(0, 0, 0, 0.6)' },
  bottom: { right: undefined, alignSelf: 'center' },
});

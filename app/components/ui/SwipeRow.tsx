import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Animated, PanResponder, StyleSheet, View } from 'react-native';

import type { LucideIcon } from './icons';
import { Label } from './Label';
import { themed, useColor } from './scheme';
import { space, type Tone, toneOf } from './theme';
import { prefersStill } from '@/lib/motion';

export type SwipeAction = { name: string; text: string; icon: LucideIcon; tone: Tone; onSwipe: () => void };

type Props = {
  children: ReactNode;
  /** Shown at the left; a swipe to the right triggers it. */
  right: SwipeAction;
  left?: SwipeAction;
  testID?: string;
};

/** From this distance, in px, releasing the finger triggers the action. */
const TRIGGER = 88;
/** A swipe begins where the finger has moved this far, in px, and more sideways than up or down. */
const BEGIN = 12;

/** A row that a swipe to either side acts on. The actions need other controls as well: a mouse or a key cannot swipe. */
export function SwipeRow({ children, right, left, testID }: Props) {
  const color = useColor();
  const styles = useStyles();
  const [shown, setShown] = useState<SwipeAction | null>(null);
  const [far, setFar] = useState(false);
  const offset = useRef(new Animated.Value(0)).current;
  const actions = useRef({ right, left });
  useEffect(() => {
    actions.current = { right, left };
  });
  const handlers = useMemo(() => {
    const actionAt = (dx: number) => (dx > 0 ? actions.current.right : (actions.current.left ?? null));
    const back = () => {
      setFar(false);
      if (prefersStill()) {
        offset.setValue(0);
        setShown(null);
      } else {
        Animated.timing(offset, { toValue: 0, duration: 160, useNativeDriver: false }).start(() => setShown(null));
      }
    };
    return PanResponder.create({
      onMoveShouldSetPanResponder: (_, { dx, dy }) => Math.abs(dx) > BEGIN && Math.abs(dx) > 2 * Math.abs(dy) && actionAt(dx) !== null,
      // The list must not begin to scroll in the middle of a swipe.
      onPanResponderTerminationRequest: () => false,
      onPanResponderMove: (_, { dx }) => {
        const action = actionAt(dx);
        setShown(action);
        setFar(Math.abs(dx) >= TRIGGER);
        offset.setValue(action ? dx : 0);
      },
      onPanResponderRelease: (_, { dx }) => {
        back();
        if (Math.abs(dx) >= TRIGGER) actionAt(dx)?.onSwipe();
      },
      onPanResponderTerminate: back,
    }).panHandlers;
  }, [offset]);
  const tone = shown && toneOf(color, shown.tone);
  const Icon = shown?.icon;
  return (
    <View style={styles.row}>
      {shown && tone && Icon ? (
        <View
          style={[styles.action, shown === left && styles.atEnd, { backgroundColor: far ? tone.front : tone.back }]}
          testID={`swipe-${shown.name}`}
        >
          <Icon size={20} color={far ? color.card : tone.front} />
          <Label kind="smallStrong" tint={far ? color.card : tone.front}>
            {shown.text}
          </Label>
        </View>
      ) : null}
      <Animated.View style={[styles.front, { transform: [{ translateX: offset }] }]} testID={testID} {...handlers}>
        {children}
      </Animated.View>
    </View>
  );
}

const useStyles = themed((color) => ({
  row: { overflow: 'hidden' },
  action: {
    ...StyleSheet.absoluteFillObject,
    flexDirection: 'row',
    alignItems: 'center',
    gap: space.s,
    paddingHorizontal: space.l,
  },
  atEnd: { flexDirection: 'row-reverse' },
  // In browsers the list scrolls up and down, and sideways movements come here.
  front: { backgroundColor: color.card, touchAction: 'pan-y' } as object,
}));

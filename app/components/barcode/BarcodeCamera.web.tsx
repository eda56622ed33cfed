import { createElement, useEffect, useRef, useState } from 'react';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Camera } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { radius, space } from '@/components/ui/theme';
import { watchVideo } from '@/lib/barcodeVideo';
import { useMessages } from '@/lib/i18n';

/** The browser's camera; calls `onScan` with the first barcode it sees. Off until the user switches it on. */
export function BarcodeCamera({ onScan }: { onScan: (barcode: string) => void }) {
  const m = useMessages();
  const [on, setOn] = useState(false);
  const [refused, setRefused] = useState(false);
  const video = useRef<HTMLVideoElement>(null);
  const scan = useRef(onScan);
  useEffect(() => {
    scan.current = onScan;
  });
  useEffect(() => {
    if (!on) return;
    let stopped = false;
    let stream: MediaStream | undefined;
    let unwatch = () => {};
    const start = async () => {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' }, audio: false });
      const player = video.current;
      if (stopped || !player) return;
      player.srcObject = stream;
      await player.play();
      if (!stopped) unwatch = watchVideo(player, (barcode) => scan.current(barcode));
    };
    const stop = () => {
      unwatch();
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    start()
      .catch(() => {
        if (stopped) return;
        setRefused(true);
        setOn(false);
      })
      // The screen was left while the browser asked for permission.
      .finally(() => stopped && stop());
    return () => {
      stopped = true;
      stop();
    };
  }, [on]);

  // Without HTTPS, browsers have no camera.
  if (!globalThis.navigator?.mediaDevices) return null;
  if (!on) {
    return (
      <Card>
        <Label role={refused ? 'alert' : undefined}>{refused ? m.barcode.browserRefused : m.barcode.cameraNeeded}</Label>
        <Button icon={Camera} title={m.barcode.allowCamera} onPress={() => setOn(true)} testID="allow-camera" />
      </Card>
    );
  }
  return (
    <View style={styles.window} testID="camera">
      {createElement('video', { ref: video, muted: true, playsInline: true, 'aria-label': m.barcode.scanHint, style: { width: '100%', height: '100%', objectFit: 'cover' } })}
      <View style={styles.frame} pointerEvents="none" />
      <View style={styles.hint}>
        <Label kind="smallStrong" tint="#ffffff">
          {m.barcode.scanHint}
        </Label>
      </View>
      <View style={styles.off}>
        <Button compact look="secondary" title={m.barcode.cameraOff} onPress={() => setOn(false)} testID="camera-off" />
      </View>
    </View>
  );
}

const styles = StyleSheet.create({
  window: { height: 280, borderRadius: radius.l, overflow: 'hidden', backgroundColor: '#000000' },
  frame: {
    position: 'absolute',
    left: '10%',
    top: 75,
    width: '80%',
    height: 130,
    borderWidth: 3,
    borderColor: '#ffffff',
    borderRadius: radius.m,
  },
  hint: { position: 'absolute', bottom: space.s, alignSelf: 'center', paddingHorizontal: space.s, borderRadius: radius.s, backgroundColor: 'rgba(0, 0, 0, 0.6)' },
  off: { position: 'absolute', top: space.s, right: space.s },
});

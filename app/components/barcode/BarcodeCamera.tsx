import { CameraView, useCameraPermissions } from 'expo-camera';
import { StyleSheet, View } from 'react-native';

import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Camera } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { radius, space } from '@/components/ui/theme';
import { BARCODE_TYPES } from '@/lib/barcode';
import { useMessages } from '@/lib/i18n';

/** The device's camera; calls `onScan` for every barcode it sees. */
export function BarcodeCamera({ onScan }: { onScan: (barcode: string) => void }) {
  const m = useMessages();
  const [permission, ask] = useCameraPermissions();
  if (!permission?.granted) {
    return (
      <Card>
        <Label>{permission?.canAskAgain === false ? m.problems.camera_refused : m.barcode.cameraNeeded}</Label>
        {permission?.canAskAgain === false ? null : (
          <Button icon={Camera} title={m.barcode.allowCamera} onPress={ask} testID="allow-camera" />
        )}
      </Card>
    );
  }
  return (
    <View style={styles.window}>
      <CameraView
        style={StyleSheet.absoluteFill}
        barcodeScannerSettings={{ barcodeTypes: [...BARCODE_TYPES] }}
        onBarcodeScanned={({ data }) => onScan(data)}
      />
      <View style={styles.frame} pointerEvents="none" testID="camera-frame" />
      <Label kind="smallStrong" tint="#ffffff" style={styles.hint}>
        {m.barcode.scanHint}
      </Label>
    </View>
  );
}

const styles = StyleSheet.create({
  window: {
    height: 280,
    borderRadius: radius.l,
    overflow: 'hidden',
    // What is on the camera's image has its colours in light and dark alike.
    backgroundColor: '#000000',
    alignItems: 'center',
    justifyContent: 'center',
  },
  frame: { width: '80%', height: 130, borderWidth: 3, borderColor: '#ffffff', borderRadius: radius.m },
  hint: { position: 'absolute', bottom: space.s, paddingHorizontal: space.s, borderRadius: radius.s, backgroundColor: 'rgba(0, 0, 0, 0.6)' },
});

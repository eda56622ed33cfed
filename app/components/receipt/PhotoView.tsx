import { useEffect, useState } from 'react';
import { Image, Pressable, View } from 'react-native';

import { PdfView } from './PdfView';
import { PhotoViewer } from './PhotoViewer';
import { Button } from '@/components/ui/Button';
import { ImageOff, Maximize } from '@/components/ui/icons';
import { Label } from '@/components/ui/Label';
import { State } from '@/components/ui/State';
import { themed, useColor } from '@/components/ui/scheme';
import { radius, space } from '@/components/ui/theme';
import { useMessages } from '@/lib/i18n';
import { isPdf } from '@/lib/pdf';
import { usePhotoUrl } from '@/lib/queries';
import type { Box } from '@/lib/receipts';
import type { Size } from '@/lib/zoom';

const BORDER = 6;

/** Scales and places the photo in a window of `width` × `height` so that the box is centred vertically. */
export function placePhoto(photo: Size, box: Box | null, width: number, height: number) {
  const scale = width / photo.width;
  const tall = photo.height * scale;
  const middle = box ? ((box[1] + box[3]) / 2) * scale : 0;
  const top = Math.min(0, Math.max(height - tall, height / 2 - middle));
  return {
    tall,
    top,
    mark: box && {
      left: Math.max(0, box[0] * scale - BORDER),
      top: box[1] * scale - BORDER,
      width: Math.min(width, (box[2] - box[0]) * scale + 2 * BORDER),
      height: (box[3] - box[1]) * scale + 2 * BORDER,
    },
  };
}

type Props = { path: string; box: Box | null; height: number };

/** The receipt's photo, scrolled to one item's box, which is marked; or a link to its PDF. */
export function PhotoView(props: Props) {
  return isPdf(props.path) ? <PdfView path={props.path} /> : <ImageView {...props} />;
}

function ImageView({ path, box, height }: Props) {
  const color = useColor();
  const styles = useStyles();
  const m = useMessages();
  const url = usePhotoUrl(path);
  const [width, setWidth] = useState(0);
  const [photo, setPhoto] = useState<Size | null>(null);
  const [broken, setBroken] = useState(false);
  const [large, setLarge] = useState(false);

  useEffect(() => {
    if (!url.data) return;
    setBroken(false);
    Image.getSize(url.data, (w, h) => setPhoto({ width: w, height: h }), () => setBroken(true));
  }, [url.data]);

  if (broken || url.error) {
    return (
      <View style={[styles.window, styles.missing]} testID="photo-missing">
        <ImageOff size={20} color={color.soft} />
        <Label tint={color.soft}>{m.result.noPhoto}</Label>
        <Button compact look="quiet" title={m.common.retry} onPress={() => void url.refetch()} busy={url.isFetching} />
      </View>
    );
  }
  const place = photo && width ? placePhoto(photo, box, width, height) : null;
  return (
    <View
      style={[styles.window, { height: place ? Math.min(height, place.tall) : height }]}
      onLayout={({ nativeEvent }) => setWidth(nativeEvent.layout.width)}
      testID="photo"
    >
      {place && photo && url.data ? (
        <>
          <Pressable
            role="button"
            aria-label={m.result.enlarge}
            onPress={() => setLarge(true)}
            style={{ height: place.tall, transform: [{ translateY: place.top }] }}
            testID="photo-enlarge"
          >
            <Image source={{ uri: url.data }} style={styles.fill} alt={m.result.photo} />
            {place.mark ? <View style={[styles.mark, place.mark]} testID="photo-mark" /> : null}
          </Pressable>
          <View style={styles.sign} pointerEvents="none">
            <Maximize size={18} color="#ffffff" />
          </View>
          {large ? <PhotoViewer url={url.data} photo={photo} onClose={() => setLarge(false)} /> : null}
        </>
      ) : (
        <State busy title={m.common.loading} />
      )}
    </View>
  );
}

const useStyles = themed((color) => ({
  window: { overflow: 'hidden', borderRadius: radius.l, backgroundColor: color.idleSoft },
  missing: { flexDirection: 'row', flexWrap: 'wrap', alignItems: 'center', gap: space.s, padding: space.m },
  fill: { width: '100%', height: '100%' },
  sign: { position: 'absolute', right: space.s, bottom: space.s, padding: space.xs + 2, borderRadius: radius.s, backgroundColor: 'rgba(0, 0, 0, 0.6)' },
  mark: {
    position: 'absolute',
    borderWidth: 3,
    borderColor: '#ffb300',
    borderRadius: 6,
    backgroundColor: 'rgba(255, 179, 0, 0.18)',
  },
}));

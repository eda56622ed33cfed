import { useState } from 'react';
import { Image, View } from 'react-native';

import { categoryIcon } from '@/components/food/categoryIcons';
import { themed, useColor } from '@/components/ui/scheme';
import { radius } from '@/components/ui/theme';

/** A product's image if there is one that loads, otherwise the icon of its category. */
export function ProductIcon({ code, image }: { code: string; image: string | null }) {
  const color = useColor();
  const styles = useStyles();
  const [broken, setBroken] = useState<string>();
  const Icon = categoryIcon(code);
  return (
    <View style={styles.icon}>
      {image && image !== broken ? (
        <Image source={{ uri: image }} style={styles.image} alt="" onError={() => setBroken(image)} testID="product-image" />
      ) : (
        <Icon size={20} color={color.brand} />
      )}
    </View>
  );
}

const useStyles = themed((color) => ({
  icon: {
    width: 36,
    height: 36,
    borderRadius: radius.s,
    backgroundColor: color.brandSoft,
    alignItems: 'center',
    justifyContent: 'center',
    overflow: 'hidden',
  },
  image: { width: 36, height: 36 },
}));

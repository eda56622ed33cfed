import { View } from 'react-native';

import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { PREFERENCES, themed, useScheme } from '@/components/ui/scheme';
import { space } from '@/components/ui/theme';
import { useLanguage } from '@/lib/i18n';

/** Language and colours: what can be set without an account, too. */
export function Preferences() {
  const styles = useStyles();
  const { m, language, choose } = useLanguage();
  const { color, preference, prefer } = useScheme();
  return (
    <>
      <Card>
        <Label kind="smallStrong" tint={color.soft}>
          {m.settings.language}
        </Label>
        <View style={styles.row} role="radiogroup" aria-label={m.settings.language}>
          <Choice text={m.settings.korean} selected={language === 'ko'} onPress={() => choose('ko')} testID="language-ko" />
          <Choice text={m.settings.english} selected={language === 'en'} onPress={() => choose('en')} testID="language-en" />
        </View>
      </Card>
      <Card>
        <Label kind="smallStrong" tint={color.soft}>
          {m.settings.scheme}
        </Label>
        <View style={styles.row} role="radiogroup" aria-label={m.settings.scheme}>
          {PREFERENCES.map((each) => (
            <Choice key={each} text={m.settings.schemes[each]} selected={preference === each} onPress={() => prefer(each)} testID={`scheme-${each}`} />
          ))}
        </View>
      </Card>
    </>
  );
}

const useStyles = themed(() => ({ row: { flexDirection: 'row', gap: space.s, flexWrap: 'wrap' } }));

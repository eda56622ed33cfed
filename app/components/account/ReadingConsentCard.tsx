import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { View } from 'react-native';

import { Card } from '@/components/ui/Card';
import { Choice } from '@/components/ui/Chip';
import { Label } from '@/components/ui/Label';
import { useNotice } from '@/components/ui/Notice';
import { themed, useColor } from '@/components/ui/scheme';
import { Loaded } from '@/components/ui/State';
import { space } from '@/components/ui/theme';
import { useBackend } from '@/lib/backend';
import { useMessages } from '@/lib/i18n';
import { loadReadingConsent, setReadingConsent } from '@/lib/readingConsent';

const KEY = ['reading-consent'];

/** Whether the user agrees that printed lines whose names they correct are kept. */
export function ReadingConsentCard() {
  const color = useColor();
  const styles = useStyles();
  const texts = useMessages().settings.readingConsent;
  const { supabase } = useBackend();
  const queries = useQueryClient();
  const { sayProblem } = useNotice();
  const query = useQuery({ queryKey: KEY, queryFn: () => loadReadingConsent(supabase) });
  const change = useMutation({
    // One after the other: the last choice is the one that counts.
    scope: { id: 'reading-consent' },
    mutationFn: (allowed: boolean) => setReadingConsent(supabase, allowed),
    onSuccess: (allowed) => queries.setQueryData(KEY, allowed),
    onError: sayProblem,
  });
  return (
    <Card testID="reading-consent">
      <Label kind="smallStrong" tint={color.soft}>
        {texts.title}
      </Label>
      <Label kind="small">{texts.explanation}</Label>
      <Loaded query={query}>
        {(allowed) => (
          <View style={styles.row} role="radiogroup" aria-label={texts.title}>
            <Choice text={texts.agree} selected={allowed} onPress={() => change.mutate(true)} testID="reading-consent-on" />
            <Choice text={texts.decline} selected={!allowed} onPress={() => change.mutate(false)} testID="reading-consent-off" />
          </View>
        )}
      </Loaded>
    </Card>
  );
}

const useStyles = themed(() => ({ row: { flexDirection: 'row', flexWrap: 'wrap', gap: space.s } }));

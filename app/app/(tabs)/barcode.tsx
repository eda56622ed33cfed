import { useMutation } from '@tanstack/react-query';
import * as ImagePicker from 'expo-image-picker';
import { useState } from 'react';
import { StyleSheet } from 'react-native';

import { BarcodeAnswer } from '@/components/barcode/BarcodeAnswer';
import { BarcodeCamera } from '@/components/barcode/BarcodeCamera';
import { Button } from '@/components/ui/Button';
import { Card } from '@/components/ui/Card';
import { Field } from '@/components/ui/Field';
import { Images, ScanBarcode, Search } from '@/components/ui/icons';
import { useNotice } from '@/components/ui/Notice';
import { Page } from '@/components/ui/Page';
import { Failed, Loaded, State } from '@/components/ui/State';
import { space } from '@/components/ui/theme';
import { accessToken, useBackend } from '@/lib/backend';
import { lookUp, nameProduct, reportName } from '@/lib/barcode';
import { barcodeIn } from '@/lib/barcodePhoto';
import { useMessages } from '@/lib/i18n';
import { useLotAdding } from '@/lib/lotAdding';
import { useCategories } from '@/lib/queries';
import { useWork } from '@/lib/work';

export default function Barcode() {
  const m = useMessages();
  const { config, supabase } = useBackend();
  const { sayProblem } = useNotice();
  const categories = useCategories();
  const [number, setNumber] = useState('');
  const [emptyPhoto, setEmptyPhoto] = useState(false);

  const look = useMutation({
    mutationFn: async (barcode: string) => lookUp(config, await accessToken(supabase), barcode),
  });
  const name = useMutation({
    mutationFn: async (text: string) => nameProduct(config, await accessToken(supabase), look.variables ?? '', text, null),
    onError: sayProblem,
  });
  const report = useMutation({ mutationFn: (gtin14: string) => reportName(supabase, gtin14), onError: sayProblem });
  const photo = useMutation({ mutationFn: barcodeIn, onError: sayProblem });
  const telling = useWork();
  const lots = useLotAdding(() => again());
  const answer = name.data ?? look.data;

  const again = () => {
    look.reset();
    name.reset();
    lots.reset();
    setNumber('');
    setEmptyPhoto(false);
  };
  const search = (barcode: string) => {
    name.reset();
    setEmptyPhoto(false);
    if (barcode.trim() && !look.isPending) look.mutate(barcode.trim());
  };
  const pick = async () => {
    const result = await ImagePicker.launchImageLibraryAsync({ mediaTypes: ['images'], quality: 1 });
    const uri = result.assets?.[0]?.uri;
    if (!uri) return;
    const barcode = await photo.mutateAsync(uri).catch(() => undefined);
    if (barcode) search(barcode);
    else if (barcode === null) setEmptyPhoto(true);
  };

  return (
    <Page title={m.barcode.title} testID="barcode">
      {answer ? (
        <>
          <Loaded query={categories}>
            {(list) => (
              <BarcodeAnswer
                answer={answer}
                categories={list}
                busy={name.isPending || lots.adding || look.isPending}
                onName={(text) => telling.run(() => name.mutateAsync(text))}
                error={lots.error}
                onAdd={lots.add}
                reported={report.isSuccess && answer.outcome !== 'invalid' && report.variables === answer.gtin14}
                onReport={() => {
                  if (answer.outcome !== 'invalid') telling.run(() => report.mutateAsync(answer.gtin14));
                }}
                onRetry={() => search(look.variables ?? '')}
              />
            )}
          </Loaded>
          <Button
            look="secondary"
            icon={ScanBarcode}
            title={m.barcode.scanAgain}
            onPress={again}
            disabled={lots.adding}
            testID="barcode-again"
          />
        </>
      ) : look.isPending || photo.isPending ? (
        <State busy title={photo.isPending ? m.barcode.reading : m.barcode.looking} testID="state-loading" />
      ) : look.error ? (
        <>
          <Failed error={look.error} retry={() => search(look.variables ?? '')} />
          <Button look="secondary" icon={ScanBarcode} title={m.barcode.scanAgain} onPress={again} testID="barcode-again" />
        </>
      ) : (
        <>
          <BarcodeCamera onScan={search} />
          <Card style={styles.form}>
            <Field
              label={m.barcode.number}
              hint={m.barcode.numberHint}
              value={number}
              onChangeText={setNumber}
              onSubmitEditing={() => search(number)}
              // Not digits alone: an ISBN or ISSN may have an X, and a link has letters.
              keyboardType="numbers-and-punctuation"
              autoCapitalize="none"
              autoCorrect={false}
              problem={emptyPhoto ? m.barcode.noneInPhoto : null}
              testID="barcode-number"
            />
            <Button icon={Search} title={m.barcode.look} onPress={() => search(number)} disabled={!number.trim()} testID="barcode-look" />
            <Button look="secondary" icon={Images} title={m.barcode.photo} onPress={pick} testID="barcode-photo" />
          </Card>
        </>
      )}
    </Page>
  );
}

const styles = StyleSheet.create({ form: { gap: space.l } });

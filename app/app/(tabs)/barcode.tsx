export default function Barcode() {
  return null;
}

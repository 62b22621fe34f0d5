export { BarcodeDetector, prepareZXingModule, setZXingModuleOverrides } from "barcode-detector/pure";

"""The whole way of a photo, from bytes to the answer of the contract."""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from ocr_service import contract, line_crop, manifest
from ocr_service.boxes import Recognition
from ocr_service.category.classifier import NON_FOOD, CategoryClassifier, Prediction
from ocr_service.category.shelf_life import ShelfLife
from ocr_service.contract import WarningCode
from ocr_service.errors import NoText
from ocr_service.fields import ItemField, ReceiptField
from ocr_service.live_model import LiveModel, Predicted
from ocr_service.parsing.list_items import LineItem
from ocr_service.parsing.receipt import Receipt
from ocr_service.parsing.rows import Row
from ocr_service.parsing.single_receipt import parse_single_receipt
from ocr_service.settings import Settings
from ocr_service.vision.engine import OcrEngine, Pixels, Reading, TextModel
from ocr_service.vision.image_decoder import ImageDecoder
from ocr_service.vision.photo import DecodingLimits

Clock = Callable[[], datetime]


class ReceiptReader:
    """Models and rules, loaded once. Reads one photo at a time: call it from one thread.

    Attributes:
        categories: the category model in use. category_codes: of the product's categories.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """`clock` returns the current time as an aware datetime. Raises ModelError."""
        self._clock = clock
        self._zone = ZoneInfo(settings.time_zone)
        # First, because its process starts while the models are loaded.
        self._decoder = ImageDecoder(
            DecodingLimits(
                max_pixels=settings.max_pixels,
                working_side=settings.working_side,
                tall_pixels=settings.tall_pixels,
                memory=settings.decode_bytes,
                cpu_seconds=settings.decode_cpu_s,
                seconds=settings.read_timeout_s,
            )
        )
        versions = manifest.verify(settings.models_dir, ["category"])
        classifier = CategoryClassifier.load(settings.models_dir / "category", versions["category"])
        self.categories = LiveModel[str, Prediction](classifier)
        self.category_codes = classifier.codes
        self._shelf_life = ShelfLife.load()
        self._engine = OcrEngine(settings)

    @property
    def model_versions(self) -> dict[str, str]:
        """Version of each model in use, by its name."""
        return self._versions(self.recogniser.serving.champion.version, self.categories.serving.champion.version)

    @property
    def recogniser(self) -> LiveModel[Pixels, Recognition]:
        """The recognition model in use. Another one may be used from the next photo on."""
        return self._engine.recogniser

    def read(self, data: bytes, request_id: str, candidate: TextModel | None = None) -> contract.ReceiptResponse:
        """Read one photo. Raises the errors of `ocr_service.errors`.

        candidate: a recogniser to try in place of the one in use.
        """
        started = time.perf_counter()
        photo = self._decoder.decode(data)
        decoded = time.perf_counter()
        reading = self._engine.read(photo, candidate)
        if not reading.papers:
            raise NoText("The image contains no legible text.")
        recognised = time.perf_counter()
        now = self._clock().astimezone(self._zone)
        receipt = parse_single_receipt(reading.papers, now)
        parsed = time.perf_counter()
        categorised = self.categories.predict([item.name for item in receipt.items])
        items = self._items(receipt, categorised.predictions, now.date())
        finished = time.perf_counter()
        timings = {
            "decode": 1000 * (decoded - started),
            **reading.timings_ms,
            "understand": 1000 * (parsed - recognised),
            "classify": 1000 * (finished - parsed),
            "total": 1000 * (finished - started),
        }
        return contract.ReceiptResponse(
            request_id=request_id,
            receipt=_receipt(receipt),
            items=items,
            lines=[
                contract.Line(text=row.text, confidence=round(row.confidence, 4), box=row.box, role=role)
                for row, role in zip(receipt.rows, receipt.roles, strict=True)
            ],
            model_versions=self._versions(reading.recogniser, categorised.version),
            timings_ms={name: round(value, 1) for name, value in timings.items()},
            warnings=_warnings(receipt, reading),
        )

    def line(self, data: bytes, name: str, place: contract.Box) -> contract.LineResponse:
        """Cut the line with the name `name` out of a photo. Raises the errors of decoding."""
        photo = self._decoder.decode(data)
        line, recogniser = self._engine.line(photo, lambda boxes: line_crop.choose(boxes, name, place))
        versions = self._versions(recogniser, self.categories.serving.champion.version)
        return contract.LineResponse(line=line and line_crop.encode(line), model_versions=versions)

    def release(self) -> None:
        """Free the memory of intermediate results, which the next photo takes again."""
        self._engine.release()

    def categorise(self, names: Sequence[str]) -> Predicted[Prediction]:
        """The category of each name, in order. Thread-safe, also while a photo is read."""
        return self.categories.predict(names)

    def close(self) -> None:
        """End the decoder's process."""
        self._decoder.close()

    def _versions(self, recogniser: str, category: str) -> dict[str, str]:
        return {**self._engine.model_versions(recogniser), "category": category}

    def _items(self, receipt: Receipt, predictions: Sequence[Prediction], today: date) -> list[contract.Item]:
        receipt_day = receipt.purchase_time.day if receipt.purchase_time else today
        item_days = receipt.item_days or [None] * len(receipt.items)
        items = zip(receipt.items, predictions, item_days, receipt.uncertain_item_fields, strict=True)
        return [
            self._item(number, item, prediction, [receipt.rows[i] for i in item.rows], day, receipt_day, uncertain)
            for number, (item, prediction, day, uncertain) in enumerate(items, start=1)
        ]

    def _item(
        self,
        number: int,
        item: LineItem,
        prediction: Prediction,
        rows: Sequence[Row],
        purchased_on: date | None,
        receipt_day: date,
        uncertain: set[ItemField],
    ) -> contract.Item:
        kind: Literal["food", "non_food"] = "non_food" if prediction.code == NON_FOOD else "food"
        storage, expires_on = None, None
        if kind == "food":
            suggestion = self._shelf_life.suggest(item.name, prediction.code)
            storage = suggestion.storage
            day = purchased_on or receipt_day
            expires_on = day + timedelta(days=suggestion.days) if suggestion.days is not None else None
        if prediction.uncertain:
            uncertain = uncertain | {ItemField.CATEGORY, ItemField.EXPIRES_ON}
        return contract.Item.model_validate(
            {
                "line_no": number,
                "raw_text": "\n".join(row.raw for row in rows),
                "name": item.name,
                "quantity": item.numbers.quantity or 1,
                "unit": item.numbers.unit,
                "unit_price": item.numbers.unit_price,
                "amount": item.numbers.amount,
                "discount": item.discount,
                "barcode": item.barcode,
                "kind": kind,
                "category": _category(prediction),
                "uncertain": bool(uncertain),
                "uncertain_fields": sorted(uncertain),
                "repaired": sorted(item.repaired),
                "storage": storage,
                "purchased_on": purchased_on,
                "expires_on": expires_on,
                "box": _bounding_box(rows),
            }
        )


def _category(prediction: Prediction) -> contract.Category:
    return contract.Category(
        code=prediction.code,
        confidence=round(prediction.confidence, 4),
        alternatives=[
            contract.Alternative(code=code, confidence=round(confidence, 4))
            for code, confidence in prediction.alternatives
        ],
    )


def _receipt(receipt: Receipt) -> contract.Receipt:
    return contract.Receipt(
        store=receipt.store,
        purchased_at=receipt.purchase_time.isoformat() if receipt.purchase_time else None,
        total=receipt.totals.total,
        subtotal=receipt.totals.subtotal,
        tax=receipt.totals.tax,
        discount_total=receipt.totals.discount,
        totals_match=receipt.totals.matches,
        uncertain_fields=sorted(receipt.uncertain_fields),
    )


def _warnings(receipt: Receipt, reading: Reading) -> list[WarningCode]:
    uncertain_date = receipt.purchase_time is not None and ReceiptField.PURCHASED_AT in receipt.uncertain_fields
    conditions = {
        WarningCode.TOTALS_MISMATCH: receipt.totals.matches is False and bool(receipt.items),
        WarningCode.NO_TOTAL: receipt.totals.total is None,
        WarningCode.NO_PURCHASE_DATE: receipt.purchase_time is None,
        WarningCode.UNSURE_PURCHASE_DATE: uncertain_date,
        WarningCode.NO_STORE: receipt.store is None,
        WarningCode.NO_ITEMS: not receipt.items,
        WarningCode.REFUND: receipt.refund,
        WarningCode.TURNED: reading.turned != 0,
    }
    return [warning for warning, present in conditions.items() if present]


def _bounding_box(rows: Sequence[Row]) -> tuple[int, int, int, int]:
    boxes = [row.box for row in rows]
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )

-- The schema that supabase/migrations/ builds, for reading only. Generated: do not edit, run `make schema`.

-- private

CREATE SCHEMA private;
GRANT USAGE ON SCHEMA private TO authenticated;
GRANT USAGE ON SCHEMA private TO retraining;
GRANT USAGE ON SCHEMA private TO annotation;

-- public.account_deletions

CREATE TABLE public.account_deletions (
    user_id uuid NOT NULL,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT account_deletions_attempts_check CHECK ((attempts >= 0))
);
ALTER TABLE ONLY public.account_deletions
    ADD CONSTRAINT account_deletions_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.account_deletions
    ADD CONSTRAINT account_deletions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX account_deletions_next_attempt_at ON public.account_deletions USING btree (next_attempt_at);
ALTER TABLE public.account_deletions ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.account_deletions TO service_role;
COMMENT ON TABLE public.account_deletions IS 'Users who requested the deletion of their account. The row is deleted last, with the user, so an interrupted attempt is repeated. Without a policy: for services only.';

-- public.annotation_queue

CREATE TABLE public.annotation_queue (
    text_key text NOT NULL,
    item_text text NOT NULL,
    reason text NOT NULL,
    times_seen integer DEFAULT 1 NOT NULL,
    predicted_category_id smallint,
    confidence real,
    gold_category_id smallint,
    round smallint DEFAULT 1 NOT NULL,
    added_at timestamp with time zone DEFAULT now() NOT NULL,
    pushed_at timestamp with time zone,
    CONSTRAINT annotation_queue_check CHECK (((reason = 'gold'::text) = (gold_category_id IS NOT NULL))),
    CONSTRAINT annotation_queue_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT annotation_queue_item_text_check CHECK (((length(btrim(item_text)) >= 1) AND (length(btrim(item_text)) <= 200))),
    CONSTRAINT annotation_queue_reason_check CHECK ((reason = ANY (ARRAY['uncertain'::text, 'disputed'::text, 'conflict'::text, 'audit'::text, 'gold'::text]))),
    CONSTRAINT annotation_queue_round_check CHECK ((round >= 1)),
    CONSTRAINT annotation_queue_text_key_check CHECK (((text_key <> ''::text) AND (length(text_key) <= 1000))),
    CONSTRAINT annotation_queue_times_seen_check CHECK ((times_seen >= 0))
);
ALTER TABLE ONLY public.annotation_queue
    ADD CONSTRAINT annotation_queue_pkey PRIMARY KEY (text_key);
ALTER TABLE ONLY public.annotation_queue
    ADD CONSTRAINT annotation_queue_gold_category_id_fkey FOREIGN KEY (gold_category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.annotation_queue
    ADD CONSTRAINT annotation_queue_predicted_category_id_fkey FOREIGN KEY (predicted_category_id) REFERENCES public.categories(id);
CREATE INDEX annotation_queue_gold_category_id ON public.annotation_queue USING btree (gold_category_id);
CREATE INDEX annotation_queue_predicted_category_id ON public.annotation_queue USING btree (predicted_category_id);
CREATE INDEX annotation_queue_waiting ON public.annotation_queue USING btree (((reason = 'audit'::text)) DESC, times_seen DESC, text_key) WHERE (pushed_at IS NULL);
ALTER TABLE public.annotation_queue ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Annotation reads and writes the queue" ON public.annotation_queue TO annotation USING (true) WITH CHECK (true);
GRANT ALL ON TABLE public.annotation_queue TO service_role;
GRANT SELECT,INSERT,UPDATE ON TABLE public.annotation_queue TO annotation;
COMMENT ON COLUMN public.annotation_queue.pushed_at IS 'When the task of this round was created; null while it is waiting.';
COMMENT ON COLUMN public.annotation_queue.round IS 'Number of times the name was queued: increased whenever its annotations are returned.';
COMMENT ON TABLE public.annotation_queue IS 'Masked line item names for annotators. text_key is made by private.text_key. Reasons: uncertain (low confidence of the model), disputed (users corrected it, but too few agree yet), conflict (retraining does not let users decide it alone), audit (part of a random sample of what users bought), gold (a test question with a known answer).';

-- public.audit_items

CREATE TABLE public.audit_items (
    week date NOT NULL,
    place integer NOT NULL,
    text_key text NOT NULL,
    item_text text NOT NULL,
    predicted_category_id smallint NOT NULL,
    category_id smallint NOT NULL,
    model_version text,
    is_random boolean NOT NULL,
    sampled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT audit_items_item_text_check CHECK (((length(btrim(item_text)) >= 1) AND (length(btrim(item_text)) <= 200))),
    CONSTRAINT audit_items_model_version_check CHECK ((length(model_version) <= 200)),
    CONSTRAINT audit_items_place_check CHECK (((place >= 1) AND (place <= 100000))),
    CONSTRAINT audit_items_text_key_check CHECK (((text_key <> ''::text) AND (length(text_key) <= 1000))),
    CONSTRAINT audit_items_week_check CHECK ((EXTRACT(isodow FROM week) = (1)::numeric))
);
ALTER TABLE ONLY public.audit_items
    ADD CONSTRAINT audit_items_pkey PRIMARY KEY (week, place);
ALTER TABLE ONLY public.audit_items
    ADD CONSTRAINT audit_items_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.audit_items
    ADD CONSTRAINT audit_items_predicted_category_id_fkey FOREIGN KEY (predicted_category_id) REFERENCES public.categories(id);
CREATE INDEX audit_items_category_id ON public.audit_items USING btree (category_id);
CREATE INDEX audit_items_predicted_category_id ON public.audit_items USING btree (predicted_category_id);
CREATE INDEX audit_items_text_key ON public.audit_items USING btree (text_key);
ALTER TABLE public.audit_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Annotation reads and adds audited items" ON public.audit_items TO annotation USING (true) WITH CHECK (true);
GRANT ALL ON TABLE public.audit_items TO service_role;
GRANT SELECT,INSERT ON TABLE public.audit_items TO annotation;
COMMENT ON COLUMN public.audit_items.category_id IS 'The category that the user saw, or chose, when it was sampled.';
COMMENT ON COLUMN public.audit_items.is_random IS 'Part of the plain random sample, from which accuracy is computed. The others were drawn from held-out names alone, which models are compared on.';
COMMENT ON COLUMN public.audit_items.week IS 'The Monday of the week, in Korea, in which the photos were uploaded.';
COMMENT ON TABLE public.audit_items IS 'A weekly random sample of the line items that users bought, masked and without user or receipt. Annotators decide their names, so that the accuracy in production is known without the selection that corrections are.';

-- public.categories

CREATE TABLE public.categories (
    id smallint NOT NULL,
    code text NOT NULL,
    name_ko text NOT NULL,
    name_en text NOT NULL,
    is_food boolean NOT NULL,
    default_storage text,
    sort smallint NOT NULL,
    CONSTRAINT categories_check CHECK ((is_food = (default_storage IS NOT NULL))),
    CONSTRAINT categories_code_check CHECK (((code ~ '^[a-z][a-z_]*$'::text) AND (length(code) <= 200))),
    CONSTRAINT categories_default_storage_check CHECK ((default_storage = ANY (ARRAY['pantry'::text, 'fridge'::text, 'freezer'::text]))),
    CONSTRAINT categories_name_en_check CHECK ((length(name_en) <= 200)),
    CONSTRAINT categories_name_ko_check CHECK ((length(name_ko) <= 200))
);
ALTER TABLE public.categories ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.categories_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_code_key UNIQUE (code);
ALTER TABLE ONLY public.categories
    ADD CONSTRAINT categories_pkey PRIMARY KEY (id);
ALTER TABLE public.categories ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Annotation reads the categories" ON public.categories FOR SELECT TO annotation USING (true);
CREATE POLICY "Users read the categories" ON public.categories FOR SELECT TO authenticated USING (true);
GRANT ALL ON TABLE public.categories TO service_role;
GRANT SELECT ON TABLE public.categories TO authenticated;
GRANT SELECT ON TABLE public.categories TO annotation;

-- public.finished_annotations

CREATE VIEW public.finished_annotations WITH (security_invoker='true') AS
 SELECT a.text_key,
    (array_agg(a.item_text ORDER BY a.annotated_at DESC))[1] AS item_text,
    min(c.code) AS category_code,
    (count(DISTINCT a.annotator))::integer AS annotators,
    max(COALESCE(a.judged_at, a.pulled_at)) AS finished_at
   FROM (public.item_annotations a
     JOIN public.categories c ON ((c.id = a.category_id)))
  WHERE ((a.status = 'accepted'::text) AND (NOT (EXISTS ( SELECT
           FROM public.annotation_queue q
          WHERE ((q.text_key = a.text_key) AND (q.reason = 'gold'::text))))))
  GROUP BY a.text_key
 HAVING (count(DISTINCT a.category_id) = 1);
GRANT ALL ON TABLE public.finished_annotations TO service_role;
GRANT SELECT ON TABLE public.finished_annotations TO annotation;
COMMENT ON VIEW public.finished_annotations IS 'Training examples: names whose accepted annotations agree, with their category. Excludes gold questions.';

-- public.finished_audits

CREATE VIEW public.finished_audits WITH (security_invoker='true') AS
 SELECT a.week,
    a.place,
    a.text_key,
    a.item_text,
    predicted.code AS predicted_code,
    chosen.code AS chosen_code,
    COALESCE(gold.code, f.category_code) AS category_code,
    a.model_version,
    a.is_random
   FROM (((((public.audit_items a
     JOIN public.categories predicted ON ((predicted.id = a.predicted_category_id)))
     JOIN public.categories chosen ON ((chosen.id = a.category_id)))
     LEFT JOIN public.annotation_queue q ON ((q.text_key = a.text_key)))
     LEFT JOIN public.categories gold ON ((gold.id = q.gold_category_id)))
     LEFT JOIN public.finished_annotations f ON ((f.text_key = a.text_key)))
  WHERE (COALESCE(gold.code, f.category_code) IS NOT NULL);
GRANT ALL ON TABLE public.finished_audits TO service_role;
GRANT SELECT ON TABLE public.finished_audits TO annotation;
COMMENT ON VIEW public.finished_audits IS 'Audited line items whose category annotators agree on (category_code), with the prediction and what the user chose.';

-- public.inventory

CREATE TABLE public.inventory (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT private.owner_id() NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    receipt_item_id uuid,
    gtin14 text,
    name text NOT NULL,
    name_key text NOT NULL,
    category_id smallint NOT NULL,
    quantity double precision DEFAULT 1 NOT NULL,
    unit text,
    image_url text,
    storage text,
    purchased_on date,
    expires_on date,
    package_expires_on date,
    expiry_basis text,
    expiry_source text,
    moved_on date,
    opened_on date,
    consumed_at timestamp with time zone,
    consumed_reason text,
    price integer,
    bought_quantity double precision,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT inventory_bought_quantity_check CHECK (((bought_quantity > (0)::double precision) AND (bought_quantity < (1000000)::double precision))),
    CONSTRAINT inventory_check CHECK (((quantity > (0)::double precision) OR (consumed_at IS NOT NULL))),
    CONSTRAINT inventory_check1 CHECK (((consumed_reason IS NULL) OR (consumed_at IS NOT NULL))),
    CONSTRAINT inventory_consumed_at_check CHECK (((consumed_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (consumed_at <= '2200-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT inventory_consumed_reason_check CHECK ((consumed_reason = ANY (ARRAY['eaten'::text, 'thrown_away'::text, 'given_away'::text]))),
    CONSTRAINT inventory_created_at_check CHECK (((created_at >= '2000-01-01 00:00:00+00'::timestamp with time zone) AND (created_at <= '2200-01-01 00:00:00+00'::timestamp with time zone))),
    CONSTRAINT inventory_expires_on_check CHECK (((expires_on >= '2000-01-01'::date) AND (expires_on <= '2199-12-31'::date))),
    CONSTRAINT inventory_expiry_basis_check CHECK ((expiry_basis = ANY (ARRAY['package'::text, 'purchase'::text, 'frozen'::text, 'opened'::text, 'thawed'::text]))),
    CONSTRAINT inventory_expiry_source_check CHECK ((length(expiry_source) <= 200)),
    CONSTRAINT inventory_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT inventory_image_url_check CHECK (((image_url ~ '^https://'::text) AND (length(image_url) <= 2000))),
    CONSTRAINT inventory_moved_on_check CHECK (((moved_on >= '2000-01-01'::date) AND (moved_on <= '2199-12-31'::date))),
    CONSTRAINT inventory_name_check CHECK (((length(btrim(name)) >= 1) AND (length(btrim(name)) <= 200))),
    CONSTRAINT inventory_name_key_check CHECK ((length(name_key) <= 4000)),
    CONSTRAINT inventory_opened_on_check CHECK (((opened_on >= '2000-01-01'::date) AND (opened_on <= '2199-12-31'::date))),
    CONSTRAINT inventory_package_expires_on_check CHECK (((package_expires_on >= '2000-01-01'::date) AND (package_expires_on <= '2199-12-31'::date))),
    CONSTRAINT inventory_price_check CHECK (((price >= 0) AND (price <= 100000000))),
    CONSTRAINT inventory_purchased_on_check CHECK (((purchased_on >= '2000-01-01'::date) AND (purchased_on <= '2199-12-31'::date))),
    CONSTRAINT inventory_quantity_check CHECK (((quantity >= (0)::double precision) AND (quantity < (1000000)::double precision))),
    CONSTRAINT inventory_storage_check CHECK ((storage = ANY (ARRAY['pantry'::text, 'fridge'::text, 'freezer'::text]))),
    CONSTRAINT inventory_unit_check CHECK ((length(unit) <= 20))
);
ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_receipt_item_id_key UNIQUE (receipt_item_id);
ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_receipt_item_id_fkey FOREIGN KEY (receipt_item_id) REFERENCES public.receipt_items(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.inventory
    ADD CONSTRAINT inventory_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX inventory_category_id ON public.inventory USING btree (category_id);
CREATE INDEX inventory_user_id ON public.inventory USING btree (user_id, expires_on);
CREATE INDEX inventory_without_image ON public.inventory USING btree (gtin14) WHERE ((image_url IS NULL) AND (consumed_at IS NULL));
CREATE TRIGGER check_inventory BEFORE INSERT OR UPDATE ON public.inventory FOR EACH ROW EXECUTE FUNCTION private.check_inventory();
CREATE TRIGGER inventory_is_broadcast AFTER INSERT OR DELETE ON public.inventory FOR EACH ROW EXECUTE FUNCTION private.broadcast_change();
CREATE TRIGGER inventory_update_is_broadcast AFTER UPDATE ON public.inventory FOR EACH ROW WHEN ((old.version <> new.version)) EXECUTE FUNCTION private.broadcast_change();
CREATE TRIGGER limit_inventory AFTER INSERT ON public.inventory REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('10000');
CREATE TRIGGER note_inventory_change AFTER UPDATE ON public.inventory FOR EACH ROW EXECUTE FUNCTION private.note_inventory_change();
CREATE TRIGGER take_given_date BEFORE INSERT OR UPDATE OF expires_on ON public.inventory FOR EACH ROW EXECUTE FUNCTION private.take_given_date();
CREATE TRIGGER take_gtin14 BEFORE INSERT ON public.inventory FOR EACH ROW WHEN (((new.receipt_item_id IS NOT NULL) AND (new.gtin14 IS NULL))) EXECUTE FUNCTION private.take_gtin14();
CREATE TRIGGER take_image BEFORE INSERT OR UPDATE ON public.inventory FOR EACH ROW WHEN (((new.image_url IS NULL) AND (new.gtin14 IS NOT NULL))) EXECUTE FUNCTION private.take_image();
CREATE TRIGGER version_of_inventory_is_counted BEFORE UPDATE ON public.inventory FOR EACH ROW WHEN ((old.* IS DISTINCT FROM new.*)) EXECUTE FUNCTION private.count_version();
ALTER TABLE public.inventory ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own inventory" ON public.inventory FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.inventory TO service_role;
GRANT SELECT ON TABLE public.inventory TO authenticated;
COMMENT ON COLUMN public.inventory.bought_quantity IS 'The quantity of the whole lot, before any of it was consumed. A corrected quantity rescales it.';
COMMENT ON COLUMN public.inventory.consumed_reason IS 'What became of the last of it: eaten, thrown_away or given_away. Earlier parts are in inventory_history.';
COMMENT ON COLUMN public.inventory.expires_on IS 'Use-by date: the date on the package, otherwise an estimate; null if it is unknown or not needed. A date that a user sets counts as the date on the package.';
COMMENT ON COLUMN public.inventory.expiry_basis IS 'What expires_on is based on: package is a date that was entered, the others are estimates counted from that event.';
COMMENT ON COLUMN public.inventory.expiry_source IS 'Source of the shelf-life rule that an estimate is based on.';
COMMENT ON COLUMN public.inventory.image_url IS 'The image of the product, copied once from what providers say of gtin14; it stays when they say something else.';
COMMENT ON COLUMN public.inventory.moved_on IS 'The day of the latest move to another storage place.';
COMMENT ON COLUMN public.inventory.name_key IS 'The name in the form that names are compared in, made by private.text_key.';
COMMENT ON COLUMN public.inventory.package_expires_on IS 'The date on the package, from the barcode or the user. Opening, freezing and thawing change expires_on, not this date.';
COMMENT ON COLUMN public.inventory.price IS 'Won paid for the whole lot, less discounts; null if it is unknown.';
COMMENT ON COLUMN public.inventory.version IS 'Counts the changes of the row; messages of Realtime contain it.';

-- public.inventory_history

CREATE TABLE public.inventory_history (
    id bigint NOT NULL,
    inventory_id uuid NOT NULL,
    user_id uuid NOT NULL,
    action text NOT NULL,
    changes jsonb NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    reason text,
    share double precision,
    CONSTRAINT inventory_history_action_check CHECK ((action = ANY (ARRAY['moved'::text, 'opened'::text, 'consumed'::text, 'corrected'::text]))),
    CONSTRAINT inventory_history_changes_check CHECK (((jsonb_typeof(changes) = 'object'::text) AND (octet_length((changes)::text) <= 20000))),
    CONSTRAINT inventory_history_check CHECK (((reason IS NULL) = (share IS NULL))),
    CONSTRAINT inventory_history_reason_check CHECK ((reason = ANY (ARRAY['eaten'::text, 'thrown_away'::text, 'given_away'::text]))),
    CONSTRAINT inventory_history_share_check CHECK (((share > (0)::double precision) AND (share <= (1)::double precision)))
);
ALTER TABLE public.inventory_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.inventory_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.inventory_history
    ADD CONSTRAINT inventory_history_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.inventory_history
    ADD CONSTRAINT inventory_history_inventory_id_fkey FOREIGN KEY (inventory_id) REFERENCES public.inventory(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.inventory_history
    ADD CONSTRAINT inventory_history_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX inventory_history_inventory_id ON public.inventory_history USING btree (inventory_id, id DESC);
CREATE INDEX inventory_history_thrown_away ON public.inventory_history USING btree (user_id, changed_at) WHERE (reason = 'thrown_away'::text);
CREATE INDEX inventory_history_user_id ON public.inventory_history USING btree (user_id, changed_at DESC);
CREATE TRIGGER limit_inventory_history AFTER INSERT ON public.inventory_history REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('200000');
ALTER TABLE public.inventory_history ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read the history of their own inventory" ON public.inventory_history FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.inventory_history TO service_role;
GRANT SELECT ON TABLE public.inventory_history TO authenticated;
COMMENT ON COLUMN public.inventory_history.reason IS 'What became of the part that was consumed; null once that is undone.';
COMMENT ON COLUMN public.inventory_history.share IS 'The part that was consumed, as a share of the whole lot.';
COMMENT ON TABLE public.inventory_history IS 'Every change to an inventory row, however it was made: changes is {column: [before, after]}. The deletion of its receipt and the arrival of its image are not recorded. Deleted with the row.';

-- public.item_aliases

CREATE TABLE public.item_aliases (
    user_id uuid DEFAULT private.owner_id() NOT NULL,
    store_key text NOT NULL,
    text_key text NOT NULL,
    name text NOT NULL,
    category_id smallint NOT NULL,
    uses integer DEFAULT 1 NOT NULL,
    CONSTRAINT item_aliases_name_check CHECK (((length(btrim(name)) >= 1) AND (length(name) <= 200))),
    CONSTRAINT item_aliases_store_key_check CHECK ((length(store_key) <= 200)),
    CONSTRAINT item_aliases_text_key_check CHECK (((text_key <> ''::text) AND (length(text_key) <= 400))),
    CONSTRAINT item_aliases_uses_check CHECK ((uses >= 1))
);
ALTER TABLE ONLY public.item_aliases
    ADD CONSTRAINT item_aliases_pkey PRIMARY KEY (user_id, store_key, text_key);
ALTER TABLE ONLY public.item_aliases
    ADD CONSTRAINT item_aliases_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.item_aliases
    ADD CONSTRAINT item_aliases_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX item_aliases_category_id ON public.item_aliases USING btree (category_id);
CREATE TRIGGER check_alias BEFORE INSERT OR UPDATE ON public.item_aliases FOR EACH ROW EXECUTE FUNCTION private.check_alias();
CREATE TRIGGER limit_item_aliases AFTER INSERT ON public.item_aliases REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('5000');
ALTER TABLE public.item_aliases ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users manage their own aliases" ON public.item_aliases TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id))) WITH CHECK ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.item_aliases TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.item_aliases TO authenticated;
COMMENT ON TABLE public.item_aliases IS 'The name and category that a user gives to a line item which a store prints as text_key. Both keys are made by private.text_key; store_key is empty if the store is unknown.';

-- public.item_annotations

CREATE TABLE public.item_annotations (
    annotation_id bigint NOT NULL,
    task_id bigint NOT NULL,
    text_key text NOT NULL,
    item_text text NOT NULL,
    category_id smallint NOT NULL,
    new_name text,
    annotator text NOT NULL,
    annotated_at timestamp with time zone NOT NULL,
    status text,
    judged_at timestamp with time zone,
    pulled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT item_annotations_annotator_check CHECK ((length(annotator) <= 320)),
    CONSTRAINT item_annotations_item_text_check CHECK ((length(item_text) <= 1000)),
    CONSTRAINT item_annotations_new_name_check CHECK (((length(btrim(new_name)) >= 1) AND (length(btrim(new_name)) <= 200))),
    CONSTRAINT item_annotations_status_check CHECK ((status = ANY (ARRAY['accepted'::text, 'returned'::text]))),
    CONSTRAINT item_annotations_text_key_check CHECK ((length(text_key) <= 1000))
);
ALTER TABLE ONLY public.item_annotations
    ADD CONSTRAINT item_annotations_pkey PRIMARY KEY (annotation_id);
ALTER TABLE ONLY public.item_annotations
    ADD CONSTRAINT item_annotations_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
CREATE INDEX item_annotations_category_id ON public.item_annotations USING btree (category_id);
CREATE INDEX item_annotations_text_key ON public.item_annotations USING btree (text_key);
ALTER TABLE public.item_annotations ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Annotation reads and writes answers" ON public.item_annotations TO annotation USING (true) WITH CHECK (true);
GRANT ALL ON TABLE public.item_annotations TO service_role;
GRANT SELECT,INSERT,UPDATE ON TABLE public.item_annotations TO annotation;
COMMENT ON COLUMN public.item_annotations.new_name IS 'The annotator''s spelling of a product name that is missing in the data set.';
COMMENT ON COLUMN public.item_annotations.status IS 'Null until the answers to the task have been compared.';
COMMENT ON TABLE public.item_annotations IS 'One annotator''s answer to one task; annotation_id and task_id are Label Studio''s. The table does not reference annotation_queue, so that answers outlive the queue.';

-- public.item_feedback

CREATE TABLE public.item_feedback (
    receipt_item_id uuid NOT NULL,
    field text NOT NULL,
    user_id uuid NOT NULL,
    offered jsonb NOT NULL,
    chosen jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT item_feedback_chosen_check CHECK ((octet_length((chosen)::text) <= 10000)),
    CONSTRAINT item_feedback_field_check CHECK ((field = ANY (ARRAY['name'::text, 'quantity'::text, 'unit'::text, 'storage'::text, 'expires_on'::text, 'dismissed'::text, 'unit_price'::text, 'amount'::text, 'discount'::text, 'added'::text, 'uncertain_fields'::text]))),
    CONSTRAINT item_feedback_offered_check CHECK ((octet_length((offered)::text) <= 10000))
);
ALTER TABLE ONLY public.item_feedback
    ADD CONSTRAINT item_feedback_pkey PRIMARY KEY (receipt_item_id, field);
ALTER TABLE ONLY public.item_feedback
    ADD CONSTRAINT item_feedback_receipt_item_id_fkey FOREIGN KEY (receipt_item_id) REFERENCES public.receipt_items(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.item_feedback
    ADD CONSTRAINT item_feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX item_feedback_created_at ON public.item_feedback USING btree (created_at);
CREATE INDEX item_feedback_user_id ON public.item_feedback USING btree (user_id, created_at DESC);
CREATE TRIGGER forget_reading_sample AFTER DELETE ON public.item_feedback FOR EACH ROW WHEN ((old.field = 'name'::text)) EXECUTE FUNCTION private.forget_reading_sample();
CREATE TRIGGER limit_item_feedback AFTER INSERT ON public.item_feedback REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('500000');
CREATE TRIGGER note_item_feedback AFTER INSERT ON public.item_feedback REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.note_changed_receipts();
CREATE TRIGGER note_reading_sample AFTER INSERT ON public.item_feedback REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.note_reading_sample();
ALTER TABLE public.item_feedback ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own item feedback" ON public.item_feedback FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.item_feedback TO service_role;
GRANT SELECT ON TABLE public.item_feedback TO authenticated;
COMMENT ON TABLE public.item_feedback IS 'What a user changed in a line item, per field, with the value that was offered. The field dismissed is recorded for food only, because other line items are dismissed by default; added means that the line item was not read and the user added it, and uncertain_fields that the user confirmed what was in doubt. Categories are in user_category_feedback. Deleted with the line item.';

-- public.line_transcriptions

CREATE TABLE public.line_transcriptions (
    annotation_id bigint NOT NULL,
    task_id bigint NOT NULL,
    sample_id uuid NOT NULL,
    line_text text NOT NULL,
    annotator text NOT NULL,
    annotated_at timestamp with time zone NOT NULL,
    pulled_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT line_transcriptions_annotator_check CHECK ((length(annotator) <= 320)),
    CONSTRAINT line_transcriptions_line_text_check CHECK (((length(btrim(line_text)) >= 1) AND (length(btrim(line_text)) <= 500)))
);
ALTER TABLE ONLY public.line_transcriptions
    ADD CONSTRAINT line_transcriptions_pkey PRIMARY KEY (annotation_id);
ALTER TABLE ONLY public.line_transcriptions
    ADD CONSTRAINT line_transcriptions_sample_id_fkey FOREIGN KEY (sample_id) REFERENCES private.reading_samples(id) ON DELETE CASCADE;
CREATE INDEX line_transcriptions_sample_id ON public.line_transcriptions USING btree (sample_id);
ALTER TABLE public.line_transcriptions ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Annotation reads and adds transcriptions" ON public.line_transcriptions TO annotation USING (true) WITH CHECK (true);
GRANT ALL ON TABLE public.line_transcriptions TO service_role;
GRANT SELECT,INSERT ON TABLE public.line_transcriptions TO annotation;
COMMENT ON TABLE public.line_transcriptions IS 'What an annotator reads on the crop of a reading sample. Deleted with the sample.';

-- public.my_receipts

CREATE VIEW public.my_receipts WITH (security_invoker='true') AS
 SELECT r.id,
    r.object_path,
    r.status,
    r.version,
    r.error_code,
    r.store_name,
    r.purchased_at,
    r.total,
    r.currency,
    r.duplicate_of,
    r.warnings,
    r.uncertain_fields,
    r.created_at,
    r.processed_at,
    r.photo_deleted_at,
    food.items AS food_items,
    food.waiting AS waiting_items
   FROM (public.receipts r
     LEFT JOIN LATERAL ( SELECT (count(*))::integer AS items,
            (count(*) FILTER (WHERE (i.status = 'pending'::text)))::integer AS waiting
           FROM public.receipt_items i
          WHERE ((i.receipt_id = r.id) AND (i.kind = 'food'::text))) food ON (true));
GRANT ALL ON TABLE public.my_receipts TO service_role;
GRANT SELECT ON TABLE public.my_receipts TO authenticated;
COMMENT ON VIEW public.my_receipts IS 'The receipts of the calling user, without the columns of the queue, which may change. food_items counts the food on the receipt, waiting_items what of it still waits for review.';

-- public.product_bulk_loads

CREATE TABLE public.product_bulk_loads (
    source text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    next_page integer DEFAULT 1 NOT NULL,
    pages integer,
    stored integer DEFAULT 0 NOT NULL,
    set_aside integer DEFAULT 0 NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT product_bulk_loads_next_page_check CHECK ((next_page >= 1)),
    CONSTRAINT product_bulk_loads_source_check CHECK ((length(source) <= 200))
);
ALTER TABLE ONLY public.product_bulk_loads
    ADD CONSTRAINT product_bulk_loads_pkey PRIMARY KEY (source);
ALTER TABLE public.product_bulk_loads ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.product_bulk_loads TO service_role;
COMMENT ON COLUMN public.product_bulk_loads.set_aside IS 'Number of rows that this load could not store, and of pages that it could not read.';
COMMENT ON TABLE public.product_bulk_loads IS 'Progress of loading each product index. Without a policy: for services only.';

-- public.product_lookups

CREATE TABLE public.product_lookups (
    gtin14 text NOT NULL,
    requested_at timestamp with time zone NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    retry_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    lease_token uuid,
    tried jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT product_lookups_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT product_lookups_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT product_lookups_tried_check CHECK (((jsonb_typeof(tried) = 'array'::text) AND (octet_length((tried)::text) <= 20000)))
);
ALTER TABLE ONLY public.product_lookups
    ADD CONSTRAINT product_lookups_pkey PRIMARY KEY (gtin14);
CREATE INDEX product_lookups_due ON public.product_lookups USING btree (next_attempt_at);
ALTER TABLE public.product_lookups ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.product_lookups TO service_role;
COMMENT ON COLUMN public.product_lookups.attempts IS 'Number of lookups that were started, by the sweep or for a user.';
COMMENT ON COLUMN public.product_lookups.next_attempt_at IS 'When the sweep may call providers.';
COMMENT ON COLUMN public.product_lookups.retry_at IS 'When a user''s request may call providers again; until then the outcomes in tried are returned.';
COMMENT ON COLUMN public.product_lookups.tried IS 'Outcome per provider at the latest attempt: [{provider, outcome, until}].';
COMMENT ON TABLE public.product_lookups IS 'Barcodes whose products providers are to be asked for. Without a policy: for services only.';

-- public.product_misses

CREATE TABLE public.product_misses (
    gtin14 text NOT NULL,
    times integer DEFAULT 1 NOT NULL,
    checked_at timestamp with time zone DEFAULT now() NOT NULL,
    retry_after timestamp with time zone NOT NULL,
    CONSTRAINT product_misses_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT product_misses_times_check CHECK ((times >= 1))
);
ALTER TABLE ONLY public.product_misses
    ADD CONSTRAINT product_misses_pkey PRIMARY KEY (gtin14);
CREATE INDEX product_misses_retry_after ON public.product_misses USING btree (retry_after);
ALTER TABLE public.product_misses ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.product_misses TO service_role;
COMMENT ON COLUMN public.product_misses.times IS 'Number of consecutive lookups in which no provider knew the product.';
COMMENT ON TABLE public.product_misses IS 'Barcodes that no provider knows, and when to ask again. Without a policy: for services only.';

-- public.product_names

CREATE TABLE public.product_names (
    user_id uuid NOT NULL,
    gtin14 text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    category_id smallint,
    quantity_text text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT product_names_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT product_names_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT product_names_name_key_check CHECK (((name_key <> ''::text) AND (length(name_key) <= 200))),
    CONSTRAINT product_names_quantity_text_check CHECK ((length(quantity_text) <= 40))
);
ALTER TABLE ONLY public.product_names
    ADD CONSTRAINT product_names_pkey PRIMARY KEY (user_id, gtin14);
ALTER TABLE ONLY public.product_names
    ADD CONSTRAINT product_names_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.product_names
    ADD CONSTRAINT product_names_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX product_names_category_id ON public.product_names USING btree (category_id);
CREATE INDEX product_names_gtin14 ON public.product_names USING btree (gtin14, name_key);
CREATE TRIGGER limit_product_names AFTER INSERT ON public.product_names REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('5000');
CREATE TRIGGER withdraw_vote_of_user AFTER DELETE ON public.product_names FOR EACH ROW EXECUTE FUNCTION private.withdraw_vote('users');
ALTER TABLE public.product_names ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users delete their own product names" ON public.product_names FOR DELETE TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
CREATE POLICY "Users read their own product names" ON public.product_names FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.product_names TO service_role;
GRANT SELECT,DELETE ON TABLE public.product_names TO authenticated;
COMMENT ON TABLE public.product_names IS 'Names that users gave to products. name_key is made by private.text_key.';

-- public.products

CREATE TABLE public.products (
    gtin14 text NOT NULL,
    name text NOT NULL,
    brand text,
    category_id smallint,
    quantity_text text,
    image_url text,
    source text NOT NULL,
    source_payload jsonb,
    fetched_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone,
    confidence real,
    CONSTRAINT products_brand_check CHECK ((length(brand) <= 1000)),
    CONSTRAINT products_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT products_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT products_image_url_check CHECK (((image_url ~ '^https://'::text) AND (length(image_url) <= 2000))),
    CONSTRAINT products_name_check CHECK ((length(name) <= 1000)),
    CONSTRAINT products_quantity_text_check CHECK ((length(quantity_text) <= 200)),
    CONSTRAINT products_source_check CHECK ((length(source) <= 200)),
    CONSTRAINT products_source_payload_check CHECK ((octet_length((source_payload)::text) <= 500000))
);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_pkey PRIMARY KEY (gtin14);
ALTER TABLE ONLY public.products
    ADD CONSTRAINT products_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
CREATE INDEX products_category_id ON public.products USING btree (category_id);
CREATE TRIGGER give_image AFTER INSERT OR UPDATE OF image_url ON public.products FOR EACH ROW WHEN ((new.image_url IS NOT NULL)) EXECUTE FUNCTION private.give_image();
CREATE TRIGGER take_product AFTER INSERT OR UPDATE OF name, category_id ON public.products FOR EACH ROW EXECUTE FUNCTION private.take_product();
ALTER TABLE public.products ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read the products" ON public.products FOR SELECT TO authenticated USING (true);
GRANT ALL ON TABLE public.products TO service_role;
GRANT SELECT ON TABLE public.products TO authenticated;
COMMENT ON COLUMN public.products.confidence IS 'Confidence of the category.';
COMMENT ON COLUMN public.products.expires_at IS 'When the product should be fetched again; null if never.';

-- public.products_bulk

CREATE TABLE public.products_bulk (
    gtin14 text NOT NULL,
    name text NOT NULL,
    maker text,
    kind text,
    category_id smallint,
    quantity_text text,
    image_url text,
    source text NOT NULL,
    source_payload jsonb,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT products_bulk_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT products_bulk_image_url_check CHECK (((image_url ~ '^https://'::text) AND (length(image_url) <= 2000))),
    CONSTRAINT products_bulk_kind_check CHECK ((length(kind) <= 200)),
    CONSTRAINT products_bulk_maker_check CHECK ((length(maker) <= 1000)),
    CONSTRAINT products_bulk_name_check CHECK ((length(name) <= 1000)),
    CONSTRAINT products_bulk_quantity_text_check CHECK ((length(quantity_text) <= 200)),
    CONSTRAINT products_bulk_source_check CHECK ((length(source) <= 200)),
    CONSTRAINT products_bulk_source_payload_check CHECK ((octet_length((source_payload)::text) <= 500000))
);
ALTER TABLE ONLY public.products_bulk
    ADD CONSTRAINT products_bulk_pkey PRIMARY KEY (gtin14);
ALTER TABLE ONLY public.products_bulk
    ADD CONSTRAINT products_bulk_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
CREATE INDEX products_bulk_category_id ON public.products_bulk USING btree (category_id);
CREATE TRIGGER give_indexed_image AFTER INSERT OR UPDATE OF image_url ON public.products_bulk FOR EACH ROW WHEN ((new.image_url IS NOT NULL)) EXECUTE FUNCTION private.give_image();
ALTER TABLE public.products_bulk ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.products_bulk TO service_role;
COMMENT ON TABLE public.products_bulk IS 'Index of a published data set (HACCP), searched before providers are called. Without a policy: for services only.';

-- public.provider_quota

CREATE TABLE public.provider_quota (
    provider text NOT NULL,
    period text NOT NULL,
    window_start timestamp with time zone NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    CONSTRAINT provider_quota_period_check CHECK ((period = ANY (ARRAY['minute'::text, 'hour'::text, 'day'::text]))),
    CONSTRAINT provider_quota_provider_check CHECK ((length(provider) <= 200)),
    CONSTRAINT provider_quota_used_check CHECK ((used >= 0))
);
ALTER TABLE ONLY public.provider_quota
    ADD CONSTRAINT provider_quota_pkey PRIMARY KEY (provider, period, window_start);
ALTER TABLE public.provider_quota ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.provider_quota TO service_role;
COMMENT ON TABLE public.provider_quota IS 'Number of calls per product provider and quota window. Without a policy: for services only.';

-- public.provider_states

CREATE TABLE public.provider_states (
    provider text NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    refuse_until timestamp with time zone,
    reason text,
    busy_until timestamp with time zone,
    CONSTRAINT provider_states_check CHECK (((refuse_until IS NULL) = (reason IS NULL))),
    CONSTRAINT provider_states_failures_check CHECK ((failures >= 0)),
    CONSTRAINT provider_states_provider_check CHECK ((length(provider) <= 200)),
    CONSTRAINT provider_states_reason_check CHECK ((length(reason) <= 200))
);
ALTER TABLE ONLY public.provider_states
    ADD CONSTRAINT provider_states_pkey PRIMARY KEY (provider);
ALTER TABLE public.provider_states ENABLE ROW LEVEL SECURITY;
GRANT ALL ON TABLE public.provider_states TO service_role;
COMMENT ON COLUMN public.provider_states.busy_until IS 'End of the current call to a provider that accepts one call at a time.';
COMMENT ON COLUMN public.provider_states.failures IS 'Number of consecutive failed calls.';
COMMENT ON COLUMN public.provider_states.reason IS 'Why the provider is not called: breaker (it keeps failing), closed (outside its hours), quota (it reported its quota as used up), auth (it rejects our key), probe (one trial call is running).';
COMMENT ON TABLE public.provider_states IS 'State of each provider: whether it may be called now. Without a policy: for services only.';

-- public.push_tokens

CREATE TABLE public.push_tokens (
    token text NOT NULL,
    user_id uuid NOT NULL,
    registered_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT push_tokens_token_check CHECK (((token ~ '^Expo(nent)?PushToken\[[A-Za-z0-9_:-]{1,150}\]$'::text) AND (length(token) <= 200)))
);
ALTER TABLE ONLY public.push_tokens
    ADD CONSTRAINT push_tokens_pkey PRIMARY KEY (token);
ALTER TABLE ONLY public.push_tokens
    ADD CONSTRAINT push_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX push_tokens_user_id ON public.push_tokens USING btree (user_id, registered_at DESC);
ALTER TABLE public.push_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read the tokens of their own devices" ON public.push_tokens FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));
GRANT ALL ON TABLE public.push_tokens TO service_role;
GRANT SELECT ON TABLE public.push_tokens TO authenticated;
COMMENT ON TABLE public.push_tokens IS 'The devices of users that get reminders, by the token that Expo gave them. Removed when Expo reports that the app is gone from the device.';

-- public.reading_consents

CREATE TABLE public.reading_consents (
    user_id uuid NOT NULL,
    given_at timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE ONLY public.reading_consents
    ADD CONSTRAINT reading_consents_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.reading_consents
    ADD CONSTRAINT reading_consents_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE public.reading_consents ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own consent" ON public.reading_consents FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.reading_consents TO service_role;
GRANT SELECT ON TABLE public.reading_consents TO authenticated;
COMMENT ON TABLE public.reading_consents IS 'Users who agreed that crops of lines whose names they correct are kept. A user without a row has not agreed.';

-- public.receipt_feedback

CREATE TABLE public.receipt_feedback (
    receipt_id uuid NOT NULL,
    field text NOT NULL,
    user_id uuid NOT NULL,
    offered jsonb NOT NULL,
    chosen jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT receipt_feedback_chosen_check CHECK ((octet_length((chosen)::text) <= 10000)),
    CONSTRAINT receipt_feedback_field_check CHECK ((field = ANY (ARRAY['store_name'::text, 'purchased_at'::text, 'total'::text]))),
    CONSTRAINT receipt_feedback_offered_check CHECK ((octet_length((offered)::text) <= 10000))
);
ALTER TABLE ONLY public.receipt_feedback
    ADD CONSTRAINT receipt_feedback_pkey PRIMARY KEY (receipt_id, field);
ALTER TABLE ONLY public.receipt_feedback
    ADD CONSTRAINT receipt_feedback_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.receipt_feedback
    ADD CONSTRAINT receipt_feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX receipt_feedback_user_id ON public.receipt_feedback USING btree (user_id, created_at DESC);
CREATE TRIGGER limit_receipt_feedback AFTER INSERT ON public.receipt_feedback REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('200000');
ALTER TABLE public.receipt_feedback ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own receipt feedback" ON public.receipt_feedback FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.receipt_feedback TO service_role;
GRANT SELECT ON TABLE public.receipt_feedback TO authenticated;
COMMENT ON TABLE public.receipt_feedback IS 'What a user corrected on a receipt, per field, with the value that was read. Deleted with the receipt.';

-- public.receipt_items

CREATE TABLE public.receipt_items (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    receipt_id uuid NOT NULL,
    photo_of uuid,
    line_no integer NOT NULL,
    raw_text text NOT NULL,
    predicted_name text NOT NULL,
    name text NOT NULL,
    name_key text GENERATED ALWAYS AS (private.text_key(name)) STORED NOT NULL,
    quantity double precision DEFAULT 1 NOT NULL,
    unit text,
    unit_price integer,
    amount integer,
    discount integer DEFAULT 0 NOT NULL,
    barcode text,
    gtin14 text,
    kind text NOT NULL,
    predicted_category_id smallint,
    category_id smallint NOT NULL,
    confidence real,
    alternatives jsonb DEFAULT '[]'::jsonb NOT NULL,
    decided_by text DEFAULT 'model'::text NOT NULL,
    uncertain_fields text[] DEFAULT '{}'::text[] NOT NULL,
    uncertain boolean GENERATED ALWAYS AS ((uncertain_fields <> '{}'::text[])) STORED NOT NULL,
    storage text,
    purchased_on date,
    expires_on date,
    box jsonb,
    model_versions jsonb,
    status text DEFAULT 'pending'::text NOT NULL,
    CONSTRAINT receipt_items_alternatives_check CHECK (((jsonb_typeof(alternatives) = 'array'::text) AND (octet_length((alternatives)::text) <= 20000))),
    CONSTRAINT receipt_items_barcode_check CHECK ((length(barcode) <= 200)),
    CONSTRAINT receipt_items_box_check CHECK ((octet_length((box)::text) <= 1000)),
    CONSTRAINT receipt_items_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT receipt_items_decided_by_check CHECK ((decided_by = ANY (ARRAY['model'::text, 'alias'::text, 'alias_elsewhere'::text, 'product'::text, 'user'::text]))),
    CONSTRAINT receipt_items_discount_check CHECK ((discount <= 0)),
    CONSTRAINT receipt_items_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT receipt_items_kind_check CHECK ((kind = ANY (ARRAY['food'::text, 'non_food'::text]))),
    CONSTRAINT receipt_items_line_no_check CHECK (((line_no >= 1) AND (line_no <= 1000))),
    CONSTRAINT receipt_items_model_versions_check CHECK (((jsonb_typeof(model_versions) = 'object'::text) AND (octet_length((model_versions)::text) <= 20000))),
    CONSTRAINT receipt_items_name_check CHECK ((length(name) <= 1000)),
    CONSTRAINT receipt_items_name_key_check CHECK ((length(name_key) <= 20000)),
    CONSTRAINT receipt_items_predicted_name_check CHECK ((length(predicted_name) <= 1000)),
    CONSTRAINT receipt_items_quantity_check CHECK (((quantity > (0)::double precision) AND (quantity < (1000000)::double precision))),
    CONSTRAINT receipt_items_raw_text_check CHECK ((length(raw_text) <= 2000)),
    CONSTRAINT receipt_items_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'added'::text, 'dismissed'::text]))),
    CONSTRAINT receipt_items_storage_check CHECK ((storage = ANY (ARRAY['pantry'::text, 'fridge'::text, 'freezer'::text]))),
    CONSTRAINT receipt_items_uncertain_fields_check CHECK (((uncertain_fields <@ ARRAY['name'::text, 'quantity'::text, 'unit_price'::text, 'amount'::text, 'barcode'::text, 'category'::text, 'expires_on'::text]) AND (cardinality(uncertain_fields) <= 7))),
    CONSTRAINT receipt_items_unit_check CHECK ((length(unit) <= 50))
);
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_receipt_id_line_no_key UNIQUE (receipt_id, line_no);
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_photo_of_fkey FOREIGN KEY (photo_of) REFERENCES public.receipts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_predicted_category_id_fkey FOREIGN KEY (predicted_category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.receipt_items
    ADD CONSTRAINT receipt_items_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
CREATE INDEX receipt_items_category_id ON public.receipt_items USING btree (category_id);
CREATE INDEX receipt_items_gtin14 ON public.receipt_items USING btree (gtin14) WHERE (status = 'pending'::text);
CREATE INDEX receipt_items_photo_of ON public.receipt_items USING btree (photo_of) WHERE (photo_of IS NOT NULL);
CREATE INDEX receipt_items_predicted_category_id ON public.receipt_items USING btree (predicted_category_id);
CREATE INDEX receipt_items_purchased_on ON public.receipt_items USING btree (receipt_id) WHERE (purchased_on IS NOT NULL);
CREATE TRIGGER note_reviewed_items AFTER UPDATE ON public.receipt_items REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.note_changed_receipts();
ALTER TABLE public.receipt_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read the items of their own receipts" ON public.receipt_items FOR SELECT TO authenticated USING ((receipt_id IN ( SELECT receipts.id
   FROM public.receipts
  WHERE ((receipts.user_id = ( SELECT private.owner_id() AS owner_id)) AND (receipts.deleted_at IS NULL)))));
GRANT ALL ON TABLE public.receipt_items TO service_role;
GRANT SELECT ON TABLE public.receipt_items TO authenticated;
COMMENT ON COLUMN public.receipt_items.alternatives IS 'The model''s next most likely categories, most likely first: [{code, confidence}].';
COMMENT ON COLUMN public.receipt_items.amount IS 'The line''s printed amount before discounts.';
COMMENT ON COLUMN public.receipt_items.box IS '[x0, y0, x1, y1] in pixels of the upright, full-size photo.';
COMMENT ON COLUMN public.receipt_items.decided_by IS 'Source of name and category: the model, the user''s alias for this store (alias) or for another store (alias_elsewhere), the product with this barcode, or the user''s choice for this line item.';
COMMENT ON COLUMN public.receipt_items.expires_on IS 'Estimated use-by date, counted from the day of purchase.';
COMMENT ON COLUMN public.receipt_items.gtin14 IS 'The product number in barcode; null without a barcode and for a store''s own codes.';
COMMENT ON COLUMN public.receipt_items.model_versions IS 'The models that read this line item, if those of the receipt read it again and left the line item alone; otherwise null.';
COMMENT ON COLUMN public.receipt_items.name_key IS 'The name in the form that names are compared in.';
COMMENT ON COLUMN public.receipt_items.photo_of IS 'The receipt whose photo shows the line item, if that was joined into this one; otherwise null.';
COMMENT ON COLUMN public.receipt_items.predicted_category_id IS 'The model''s prediction, never overwritten; an alias, a product or the user can change category_id. Null for an item that the user added.';
COMMENT ON COLUMN public.receipt_items.predicted_name IS 'The name as read from the photo, empty for an item that the user added; column name is what the user calls it.';
COMMENT ON COLUMN public.receipt_items.purchased_on IS 'The day of the order, if the photo is a list of orders; otherwise null: the receipt''s purchased_at applies.';
COMMENT ON COLUMN public.receipt_items.uncertain_fields IS 'Fields that may be wrong and that neither the user nor an alias or product has settled: the user is asked to check them.';

-- public.receipts

CREATE TABLE public.receipts (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    bucket text NOT NULL,
    object_path text NOT NULL,
    object_version text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    status text DEFAULT 'queued'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    outages integer DEFAULT 0 NOT NULL,
    crashes smallint DEFAULT 0 NOT NULL,
    reads_alone boolean DEFAULT false NOT NULL,
    retries smallint DEFAULT 0 NOT NULL,
    retried_on date,
    turn bigint DEFAULT 0 NOT NULL,
    lease_until timestamp with time zone,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    request_id text,
    store_name text,
    store_key text GENERATED ALWAYS AS (private.text_key(store_name)) STORED NOT NULL,
    purchased_at timestamp without time zone,
    total integer,
    currency text DEFAULT 'KRW'::text NOT NULL,
    duplicate_of uuid,
    error_code text,
    error_detail text,
    raw_lines jsonb DEFAULT '[]'::jsonb NOT NULL,
    warnings jsonb DEFAULT '[]'::jsonb NOT NULL,
    uncertain_fields text[] DEFAULT '{}'::text[] NOT NULL,
    contract_version text,
    model_versions jsonb DEFAULT '{}'::jsonb NOT NULL,
    timings jsonb DEFAULT '{}'::jsonb NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    processed_at timestamp with time zone,
    photo_deleted_at timestamp with time zone,
    deleted_at timestamp with time zone,
    joined_into uuid,
    CONSTRAINT receipts_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT receipts_bucket_check CHECK ((length(bucket) <= 200)),
    CONSTRAINT receipts_check CHECK (((status <> 'processing'::text) OR (lease_until IS NOT NULL))),
    CONSTRAINT receipts_check1 CHECK (((status <> 'done'::text) OR (processed_at IS NOT NULL))),
    CONSTRAINT receipts_check2 CHECK (((status <> 'failed'::text) OR (error_code IS NOT NULL))),
    CONSTRAINT receipts_check3 CHECK ((duplicate_of <> id)),
    CONSTRAINT receipts_contract_version_check CHECK ((length(contract_version) <= 200)),
    CONSTRAINT receipts_crashes_check CHECK ((crashes >= 0)),
    CONSTRAINT receipts_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT receipts_error_code_check CHECK ((length(error_code) <= 200)),
    CONSTRAINT receipts_error_detail_check CHECK ((length(error_detail) <= 500)),
    CONSTRAINT receipts_model_versions_check CHECK (((jsonb_typeof(model_versions) = 'object'::text) AND (octet_length((model_versions)::text) <= 20000))),
    CONSTRAINT receipts_object_path_check CHECK ((length(object_path) <= 1100)),
    CONSTRAINT receipts_object_version_check CHECK ((length(object_version) <= 200)),
    CONSTRAINT receipts_outages_check CHECK ((outages >= 0)),
    CONSTRAINT receipts_raw_lines_check CHECK (((jsonb_typeof(raw_lines) = 'array'::text) AND (octet_length((raw_lines)::text) <= 2000000))),
    CONSTRAINT receipts_request_id_check CHECK ((length(request_id) <= 200)),
    CONSTRAINT receipts_retries_check CHECK ((retries >= 0)),
    CONSTRAINT receipts_status_check CHECK ((status = ANY (ARRAY['queued'::text, 'processing'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT receipts_store_key_check CHECK ((length(store_key) <= 20000)),
    CONSTRAINT receipts_store_name_check CHECK ((length(store_name) <= 1000)),
    CONSTRAINT receipts_timings_check CHECK (((jsonb_typeof(timings) = 'object'::text) AND (octet_length((timings)::text) <= 20000))),
    CONSTRAINT receipts_turn_check CHECK ((turn >= 0)),
    CONSTRAINT receipts_uncertain_fields_check CHECK (((uncertain_fields <@ ARRAY['store_name'::text, 'purchased_at'::text, 'total'::text]) AND (cardinality(uncertain_fields) <= 3))),
    CONSTRAINT receipts_warnings_check CHECK (((jsonb_typeof(warnings) = 'array'::text) AND (octet_length((warnings)::text) <= 20000)))
);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_bucket_object_path_object_version_key UNIQUE (bucket, object_path, object_version);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_duplicate_of_fkey FOREIGN KEY (duplicate_of) REFERENCES public.receipts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_joined_into_fkey FOREIGN KEY (joined_into) REFERENCES public.receipts(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.receipts
    ADD CONSTRAINT receipts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX receipts_alone ON public.receipts USING btree (next_attempt_at) WHERE ((status = 'queued'::text) AND reads_alone);
CREATE INDEX receipts_by_turn ON public.receipts USING btree (turn, queued_at, next_attempt_at) WHERE ((status = 'queued'::text) AND (NOT reads_alone));
CREATE INDEX receipts_created_at ON public.receipts USING btree (created_at);
CREATE INDEX receipts_deleted_at ON public.receipts USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);
CREATE INDEX receipts_duplicate_of ON public.receipts USING btree (duplicate_of) WHERE (duplicate_of IS NOT NULL);
CREATE INDEX receipts_joined_into ON public.receipts USING btree (joined_into) WHERE (joined_into IS NOT NULL);
CREATE INDEX receipts_leased ON public.receipts USING btree (lease_until) WHERE (status = 'processing'::text);
CREATE INDEX receipts_turn_of_user ON public.receipts USING btree (user_id, turn) WHERE (status = ANY (ARRAY['queued'::text, 'processing'::text]));
CREATE INDEX receipts_user_id ON public.receipts USING btree (user_id, created_at DESC);
CREATE INDEX receipts_with_photo ON public.receipts USING btree (created_at) WHERE (photo_deleted_at IS NULL);
CREATE TRIGGER forget_reading_samples AFTER UPDATE ON public.receipts FOR EACH ROW WHEN ((((old.photo_deleted_at IS NULL) AND (new.photo_deleted_at IS NOT NULL)) OR ((old.deleted_at IS NULL) AND (new.deleted_at IS NOT NULL)))) EXECUTE FUNCTION private.forget_reading_samples();
CREATE TRIGGER note_attempt AFTER UPDATE OF status ON public.receipts FOR EACH ROW WHEN (((old.status <> new.status) AND (('processing'::text = old.status) OR ('processing'::text = new.status)))) EXECUTE FUNCTION private.note_attempt();
CREATE TRIGGER note_ended_receipts AFTER UPDATE ON public.receipts FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND ((old.status = ANY (ARRAY['done'::text, 'failed'::text])) OR (new.status = ANY (ARRAY['done'::text, 'failed'::text]))))) EXECUTE FUNCTION private.note_changed_receipts();
CREATE TRIGGER note_new_ended_receipts AFTER INSERT ON public.receipts FOR EACH ROW WHEN ((new.status = ANY (ARRAY['done'::text, 'failed'::text]))) EXECUTE FUNCTION private.note_changed_receipts();
CREATE TRIGGER receipt_is_broadcast AFTER INSERT OR DELETE ON public.receipts FOR EACH ROW EXECUTE FUNCTION private.broadcast_change();
CREATE TRIGGER receipt_update_is_broadcast AFTER UPDATE ON public.receipts FOR EACH ROW WHEN ((old.version <> new.version)) EXECUTE FUNCTION private.broadcast_change();
CREATE TRIGGER version_of_receipt_is_counted BEFORE UPDATE ON public.receipts FOR EACH ROW WHEN ((((((((((((((old.status IS DISTINCT FROM new.status) OR (old.error_code IS DISTINCT FROM new.error_code)) OR (old.object_path IS DISTINCT FROM new.object_path)) OR (old.object_version IS DISTINCT FROM new.object_version)) OR (old.queued_at IS DISTINCT FROM new.queued_at)) OR (old.processed_at IS DISTINCT FROM new.processed_at)) OR (old.duplicate_of IS DISTINCT FROM new.duplicate_of)) OR (old.photo_deleted_at IS DISTINCT FROM new.photo_deleted_at)) OR (old.deleted_at IS DISTINCT FROM new.deleted_at)) OR (old.store_name IS DISTINCT FROM new.store_name)) OR (old.purchased_at IS DISTINCT FROM new.purchased_at)) OR (old.total IS DISTINCT FROM new.total)) OR (old.warnings IS DISTINCT FROM new.warnings))) EXECUTE FUNCTION private.count_version();
ALTER TABLE public.receipts ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own receipts" ON public.receipts FOR SELECT TO authenticated USING (((user_id = ( SELECT private.owner_id() AS owner_id)) AND (deleted_at IS NULL)));
GRANT ALL ON TABLE public.receipts TO service_role;
GRANT SELECT ON TABLE public.receipts TO authenticated;
COMMENT ON COLUMN public.receipts.attempts IS 'Readings charged to the photo: those that ended with an answer about it, and those in which it was read alone and the reader or the worker died. Outages, and deaths that another photo may have caused, are not charged.';
COMMENT ON COLUMN public.receipts.crashes IS 'Number of times the reader or the worker died while it had only this photo. The second makes the receipt fail with the code poison.';
COMMENT ON COLUMN public.receipts.deleted_at IS 'When the user deleted the receipt. It is hidden from then on, and can be restored for a while.';
COMMENT ON COLUMN public.receipts.error_code IS 'Why the latest attempt failed: kept while queued, final when failed.';
COMMENT ON COLUMN public.receipts.joined_into IS 'The receipt that has the items of this one, which is a further photo of it. This one is hidden like a deleted one, but kept with its photo as long as the other.';
COMMENT ON COLUMN public.receipts.outages IS 'Consecutive attempts that ended in the outage error_code. They are not charged as attempts.';
COMMENT ON COLUMN public.receipts.photo_deleted_at IS 'When the photo was deleted, replaced or moved out of the user''s folder, and raw_lines with it; null while it is stored.';
COMMENT ON COLUMN public.receipts.purchased_at IS 'As printed, in the store''s local time; midnight if only a date is printed.';
COMMENT ON COLUMN public.receipts.queued_at IS 'When the user last requested processing, by the upload or by retry_receipt. Start of the waiting time that is monitored; automatic retries do not change it.';
COMMENT ON COLUMN public.receipts.raw_lines IS 'All printed lines with role, confidence and box; personal numbers are masked.';
COMMENT ON COLUMN public.receipts.reads_alone IS 'The reader or the worker died while it had this photo, possibly among others. It is now read while no other photo is, to tell whether it is the cause.';
COMMENT ON COLUMN public.receipts.retries IS 'Number of calls of retry_receipt on the day retried_on.';
COMMENT ON COLUMN public.receipts.store_key IS 'The store''s name in the form that names are compared in.';
COMMENT ON COLUMN public.receipts.total IS 'In whole units of the currency.';
COMMENT ON COLUMN public.receipts.turn IS 'Place in the queue: receipts are claimed by turn, and the receipts of one user have consecutive turns. Made by private.next_turn.';
COMMENT ON COLUMN public.receipts.uncertain_fields IS 'Fields of the receipt as a whole that may be wrong and that the user has not settled: the user is asked to check them.';
COMMENT ON COLUMN public.receipts.version IS 'Counts the changes that the user can notice; messages of Realtime contain it.';

-- public.reminder_settings

CREATE TABLE public.reminder_settings (
    user_id uuid NOT NULL,
    is_enabled boolean DEFAULT true NOT NULL,
    time_of_day time without time zone DEFAULT '18:00:00'::time without time zone NOT NULL,
    days_before smallint DEFAULT 1 NOT NULL,
    time_zone text DEFAULT 'Asia/Seoul'::text NOT NULL,
    quiet_from time without time zone,
    quiet_until time without time zone,
    language text DEFAULT 'ko'::text NOT NULL,
    by_mail boolean DEFAULT false NOT NULL,
    mail_token uuid DEFAULT gen_random_uuid() NOT NULL,
    mail_refusals smallint DEFAULT 0 NOT NULL,
    mail_refused_on date,
    last_day date,
    last_sent_at timestamp with time zone,
    is_released boolean DEFAULT false NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    next_due_at timestamp with time zone DEFAULT 'infinity'::timestamp with time zone NOT NULL,
    CONSTRAINT reminder_settings_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT reminder_settings_check CHECK (((quiet_from IS NULL) = (quiet_until IS NULL))),
    CONSTRAINT reminder_settings_check1 CHECK ((quiet_from <> quiet_until)),
    CONSTRAINT reminder_settings_days_before_check CHECK (((days_before >= 0) AND (days_before <= 30))),
    CONSTRAINT reminder_settings_language_check CHECK ((language = ANY (ARRAY['ko'::text, 'en'::text]))),
    CONSTRAINT reminder_settings_mail_refusals_check CHECK ((mail_refusals >= 0)),
    CONSTRAINT reminder_settings_time_zone_check CHECK (((length(time_zone) >= 1) AND (length(time_zone) <= 64)))
);
ALTER TABLE ONLY public.reminder_settings
    ADD CONSTRAINT reminder_settings_mail_token_key UNIQUE (mail_token);
ALTER TABLE ONLY public.reminder_settings
    ADD CONSTRAINT reminder_settings_pkey PRIMARY KEY (user_id);
ALTER TABLE ONLY public.reminder_settings
    ADD CONSTRAINT reminder_settings_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX reminder_settings_next_due_at ON public.reminder_settings USING btree (next_due_at) WHERE is_enabled;
ALTER TABLE public.reminder_settings ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own reminder settings" ON public.reminder_settings FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));
GRANT ALL ON TABLE public.reminder_settings TO service_role;
GRANT SELECT ON TABLE public.reminder_settings TO authenticated;
COMMENT ON COLUMN public.reminder_settings.attempts IS 'How often the reminder of last_day was released.';
COMMENT ON COLUMN public.reminder_settings.by_mail IS 'Whether reminders are also sent by mail.';
COMMENT ON COLUMN public.reminder_settings.days_before IS 'Remind of what reaches its use-by date within so many days; 0 is today.';
COMMENT ON COLUMN public.reminder_settings.is_released IS 'The reminder of last_day was certainly not sent, and is due again.';
COMMENT ON COLUMN public.reminder_settings.last_day IS 'The latest day, in the time zone of that time, for which a reminder was claimed: there is one per day.';
COMMENT ON COLUMN public.reminder_settings.last_sent_at IS 'When the latest reminder was claimed.';
COMMENT ON COLUMN public.reminder_settings.mail_refusals IS 'On how many days in a row, before mail_refused_on, the mail server refused the user''s address for good, but accepted mails to others.';
COMMENT ON COLUMN public.reminder_settings.mail_refused_on IS 'last_day of the latest refusal since a mail was accepted; null if there was none. It counts once it is known whether others got mails on that day.';
COMMENT ON COLUMN public.reminder_settings.mail_token IS 'In the link of each mail that ends them: who has it may do that alone.';
COMMENT ON COLUMN public.reminder_settings.next_due_at IS 'When the next reminder is due; infinity if none.';
COMMENT ON TABLE public.reminder_settings IS 'When a user wants to be reminded of what reaches its use-by date. Users without a row get no reminders.';

-- public.retraining_runs

CREATE TABLE public.retraining_runs (
    id bigint NOT NULL,
    model text DEFAULT 'category'::text NOT NULL,
    data_sha256 text NOT NULL,
    cutoff timestamp with time zone NOT NULL,
    champion_version text NOT NULL,
    mlflow_run_id text,
    challenger_version text,
    report jsonb,
    outcome text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    CONSTRAINT retraining_runs_challenger_version_check CHECK ((length(challenger_version) <= 200)),
    CONSTRAINT retraining_runs_champion_version_check CHECK ((length(champion_version) <= 200)),
    CONSTRAINT retraining_runs_check CHECK (((outcome IS NULL) = (finished_at IS NULL))),
    CONSTRAINT retraining_runs_data_sha256_check CHECK ((data_sha256 ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT retraining_runs_mlflow_run_id_check CHECK ((length(mlflow_run_id) <= 200)),
    CONSTRAINT retraining_runs_model_check CHECK ((model = ANY (ARRAY['category'::text, 'recogniser'::text]))),
    CONSTRAINT retraining_runs_outcome_check CHECK ((outcome = ANY (ARRAY['promoted'::text, 'kept'::text, 'proposed'::text, 'rejected'::text, 'superseded'::text]))),
    CONSTRAINT retraining_runs_report_check CHECK ((octet_length((report)::text) <= 1000000))
);
ALTER TABLE public.retraining_runs ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.retraining_runs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.retraining_runs
    ADD CONSTRAINT retraining_runs_model_data_sha256_key UNIQUE (model, data_sha256);
ALTER TABLE ONLY public.retraining_runs
    ADD CONSTRAINT retraining_runs_pkey PRIMARY KEY (id);
ALTER TABLE public.retraining_runs ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Retraining reads and writes its runs" ON public.retraining_runs TO retraining USING (true) WITH CHECK (true);
GRANT ALL ON TABLE public.retraining_runs TO service_role;
GRANT SELECT,INSERT,UPDATE ON TABLE public.retraining_runs TO retraining;
COMMENT ON COLUMN public.retraining_runs.champion_version IS 'Registry version of the model that the challenger was compared with.';
COMMENT ON COLUMN public.retraining_runs.cutoff IS 'Feedback and annotations up to this time were used: the watermark, once the run has an outcome.';
COMMENT ON COLUMN public.retraining_runs.outcome IS 'promoted: the challenger became the champion. kept: the champion stayed. proposed: the challenger waits for a person''s approval. rejected: a person refused it. superseded: the data changed before the run finished, or a later challenger took its place.';
COMMENT ON TABLE public.retraining_runs IS 'One row per kind of model and data set that it was trained on, so that the same data is never trained on twice. A run without an outcome was interrupted and resumes from this row.';

-- public.shelf_life_rules

CREATE TABLE public.shelf_life_rules (
    id integer NOT NULL,
    category_id smallint NOT NULL,
    keyword text,
    storage text,
    basis text NOT NULL,
    min_days integer,
    max_days integer,
    source text NOT NULL,
    sort smallint NOT NULL,
    CONSTRAINT shelf_life_rules_basis_check CHECK ((basis = ANY (ARRAY['purchase'::text, 'manufacture'::text, 'opened'::text, 'thawed'::text]))),
    CONSTRAINT shelf_life_rules_check CHECK ((max_days >= min_days)),
    CONSTRAINT shelf_life_rules_keyword_check CHECK ((length(keyword) <= 200)),
    CONSTRAINT shelf_life_rules_min_days_check CHECK ((min_days >= 0)),
    CONSTRAINT shelf_life_rules_source_check CHECK ((length(source) <= 200)),
    CONSTRAINT shelf_life_rules_storage_check CHECK ((storage = ANY (ARRAY['pantry'::text, 'fridge'::text, 'freezer'::text])))
);
ALTER TABLE public.shelf_life_rules ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.shelf_life_rules_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.shelf_life_rules
    ADD CONSTRAINT shelf_life_rules_category_id_keyword_storage_basis_key UNIQUE NULLS NOT DISTINCT (category_id, keyword, storage, basis);
ALTER TABLE ONLY public.shelf_life_rules
    ADD CONSTRAINT shelf_life_rules_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.shelf_life_rules
    ADD CONSTRAINT shelf_life_rules_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id) ON DELETE CASCADE;
ALTER TABLE public.shelf_life_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read the shelf-life rules" ON public.shelf_life_rules FOR SELECT TO authenticated USING (true);
GRANT ALL ON TABLE public.shelf_life_rules TO service_role;
GRANT SELECT ON TABLE public.shelf_life_rules TO authenticated;
COMMENT ON COLUMN public.shelf_life_rules.sort IS 'Order of the rules. The first rule of a category, or of a keyword in it, gives the usual storage.';
COMMENT ON TABLE public.shelf_life_rules IS 'Days that a category keeps, or a product whose name contains the keyword, counted from the day that basis names.';

-- public.user_category_feedback

CREATE TABLE public.user_category_feedback (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT private.owner_id(),
    receipt_item_id uuid,
    item_text text NOT NULL,
    predicted_category_id smallint,
    predicted_confidence real,
    corrected_category_id smallint NOT NULL,
    model_version text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT user_category_feedback_item_text_check CHECK (((length(btrim(item_text)) >= 1) AND (length(btrim(item_text)) <= 200))),
    CONSTRAINT user_category_feedback_model_version_check CHECK ((length(model_version) <= 200)),
    CONSTRAINT user_category_feedback_predicted_confidence_check CHECK (((predicted_confidence >= (0)::double precision) AND (predicted_confidence <= (1)::double precision)))
);
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_receipt_item_id_key UNIQUE (receipt_item_id);
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_corrected_category_id_fkey FOREIGN KEY (corrected_category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_predicted_category_id_fkey FOREIGN KEY (predicted_category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_receipt_item_id_fkey FOREIGN KEY (receipt_item_id) REFERENCES public.receipt_items(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.user_category_feedback
    ADD CONSTRAINT user_category_feedback_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE SET NULL;
CREATE INDEX user_category_feedback_corrected ON public.user_category_feedback USING btree (corrected_category_id);
CREATE INDEX user_category_feedback_created_at ON public.user_category_feedback USING btree (created_at);
CREATE INDEX user_category_feedback_predicted ON public.user_category_feedback USING btree (predicted_category_id);
CREATE INDEX user_category_feedback_user_id ON public.user_category_feedback USING btree (user_id, created_at DESC);
CREATE TRIGGER limit_user_category_feedback AFTER INSERT ON public.user_category_feedback REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.limit_rows('200000');
CREATE TRIGGER note_changed_category_feedback AFTER UPDATE ON public.user_category_feedback REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.note_changed_receipts();
CREATE TRIGGER note_new_category_feedback AFTER INSERT ON public.user_category_feedback REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION private.note_changed_receipts();
ALTER TABLE public.user_category_feedback ENABLE ROW LEVEL SECURITY;
CREATE POLICY "Users read their own feedback" ON public.user_category_feedback FOR SELECT TO authenticated USING ((user_id = ( SELECT private.owner_id() AS owner_id)));
GRANT ALL ON TABLE public.user_category_feedback TO service_role;
GRANT SELECT ON TABLE public.user_category_feedback TO authenticated;
COMMENT ON COLUMN public.user_category_feedback.user_id IS 'Null once the user''s account is deleted; the feedback stays for training.';
COMMENT ON TABLE public.user_category_feedback IS 'The users'' decisions on predicted categories, one row per line item with the latest decision. If both categories are equal, the user confirmed the prediction.';

-- private.agreed_name_history

CREATE TABLE private.agreed_name_history (
    id bigint NOT NULL,
    gtin14 text NOT NULL,
    source text NOT NULL,
    name text,
    name_key text,
    category_id smallint,
    quantity_text text,
    accounts integer NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT agreed_name_history_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT agreed_name_history_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT agreed_name_history_name_key_check CHECK ((length(name_key) <= 200)),
    CONSTRAINT agreed_name_history_quantity_text_check CHECK ((length(quantity_text) <= 40)),
    CONSTRAINT agreed_name_history_source_check CHECK ((source = ANY (ARRAY['users'::text, 'receipts'::text])))
);
ALTER TABLE private.agreed_name_history ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.agreed_name_history_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY private.agreed_name_history
    ADD CONSTRAINT agreed_name_history_pkey PRIMARY KEY (id);
ALTER TABLE ONLY private.agreed_name_history
    ADD CONSTRAINT agreed_name_history_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
CREATE INDEX agreed_name_history_category_id ON private.agreed_name_history USING btree (category_id);
CREATE INDEX agreed_name_history_gtin14 ON private.agreed_name_history USING btree (gtin14, source, id DESC);
ALTER TABLE private.agreed_name_history ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.agreed_name_history IS 'Every change of an agreed name; a null name was withdrawn. Without a policy: for services only.';

-- private.agreed_names

CREATE TABLE private.agreed_names (
    gtin14 text NOT NULL,
    source text NOT NULL,
    name text,
    name_key text,
    category_id smallint,
    quantity_text text,
    accounts integer DEFAULT 0 NOT NULL,
    votes integer DEFAULT 0 NOT NULL,
    is_pinned boolean DEFAULT false NOT NULL,
    decided_at timestamp with time zone DEFAULT now() NOT NULL,
    agreed_at timestamp with time zone,
    CONSTRAINT agreed_names_accounts_check CHECK ((accounts >= 0)),
    CONSTRAINT agreed_names_check CHECK ((((name IS NULL) = (name_key IS NULL)) AND ((name IS NULL) = (agreed_at IS NULL)))),
    CONSTRAINT agreed_names_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT agreed_names_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT agreed_names_name_key_check CHECK ((length(name_key) <= 200)),
    CONSTRAINT agreed_names_quantity_text_check CHECK ((length(quantity_text) <= 40)),
    CONSTRAINT agreed_names_source_check CHECK ((source = ANY (ARRAY['users'::text, 'receipts'::text]))),
    CONSTRAINT agreed_names_votes_check CHECK ((votes >= 0))
);
ALTER TABLE ONLY private.agreed_names
    ADD CONSTRAINT agreed_names_pkey PRIMARY KEY (gtin14, source);
ALTER TABLE ONLY private.agreed_names
    ADD CONSTRAINT agreed_names_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
CREATE INDEX agreed_names_category_id ON private.agreed_names USING btree (category_id);
CREATE INDEX agreed_names_name_key ON private.agreed_names USING btree (name_key text_pattern_ops) WHERE (name IS NOT NULL);
CREATE TRIGGER note_agreed_name AFTER UPDATE ON private.agreed_names FOR EACH ROW WHEN (((old.name IS DISTINCT FROM new.name) OR (old.category_id IS DISTINCT FROM new.category_id))) EXECUTE FUNCTION private.note_agreed_name();
CREATE TRIGGER note_first_agreed_name AFTER INSERT ON private.agreed_names FOR EACH ROW WHEN ((new.name IS NOT NULL)) EXECUTE FUNCTION private.note_agreed_name();
ALTER TABLE private.agreed_names ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.agreed_names IS 'The name that most accounts agree on, null without one. accounts is how many agree, votes how many accounts named the product at all. A pinned name was chosen by an operator and is not changed by votes. Without a policy: for services only.';

-- private.api_answers

CREATE TABLE private.api_answers (
    day date NOT NULL,
    function text NOT NULL,
    status smallint NOT NULL,
    answers bigint NOT NULL,
    CONSTRAINT api_answers_answers_check CHECK ((answers >= 1)),
    CONSTRAINT api_answers_function_check CHECK ((function ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT api_answers_status_check CHECK (((status >= 100) AND (status <= 599)))
);
ALTER TABLE ONLY private.api_answers
    ADD CONSTRAINT api_answers_pkey PRIMARY KEY (function, status, day);
ALTER TABLE private.api_answers ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.api_answers IS 'Number of responses per function, HTTP status and day in Korea. Instances send their counts after a response is out, and keep them while the database is unavailable, so that outages are counted too. Without a policy: for services only.';

-- private.asked_numbers

CREATE TABLE private.asked_numbers (
    gtin14 text NOT NULL,
    first_user_id uuid NOT NULL,
    by_several boolean DEFAULT false NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    CONSTRAINT asked_numbers_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text))
);
ALTER TABLE ONLY private.asked_numbers
    ADD CONSTRAINT asked_numbers_pkey PRIMARY KEY (gtin14);
ALTER TABLE ONLY private.asked_numbers
    ADD CONSTRAINT asked_numbers_first_user_id_fkey FOREIGN KEY (first_user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX asked_numbers_asked_at ON private.asked_numbers USING btree (asked_at);
CREATE INDEX asked_numbers_first_user_id ON private.asked_numbers USING btree (first_user_id);
ALTER TABLE private.asked_numbers ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.asked_numbers IS 'Barcodes about which providers were asked for a user, and whether several users asked: part of each provider''s day is reserved for those. Without a policy: for services only.';

-- private.cached_figures

CREATE TABLE private.cached_figures (
    metric text NOT NULL,
    labels jsonb NOT NULL,
    value double precision NOT NULL,
    made_at timestamp with time zone NOT NULL,
    CONSTRAINT cached_figures_labels_check CHECK ((octet_length((labels)::text) <= 2000)),
    CONSTRAINT cached_figures_metric_check CHECK ((length(metric) <= 60))
);
ALTER TABLE ONLY private.cached_figures
    ADD CONSTRAINT cached_figures_pkey PRIMARY KEY (metric, labels);
ALTER TABLE private.cached_figures ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.cached_figures IS 'Metrics that take long to compute and are refreshed every few minutes. Without a policy: for services only.';

-- private.call_counts

CREATE TABLE private.call_counts (
    user_id uuid NOT NULL,
    action text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    calls integer NOT NULL,
    CONSTRAINT call_counts_action_check CHECK ((length(action) <= 40)),
    CONSTRAINT call_counts_calls_check CHECK ((calls >= 1))
);
ALTER TABLE ONLY private.call_counts
    ADD CONSTRAINT call_counts_pkey PRIMARY KEY (user_id, action);
ALTER TABLE ONLY private.call_counts
    ADD CONSTRAINT call_counts_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
ALTER TABLE private.call_counts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.call_counts IS 'Calls per user and action in the minute that began at started_at. Without a policy: for services only.';

-- private.changed_receipts

CREATE TABLE private.changed_receipts (
    id bigint NOT NULL,
    receipt_id uuid NOT NULL
);
ALTER TABLE private.changed_receipts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.changed_receipts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY private.changed_receipts
    ADD CONSTRAINT changed_receipts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY private.changed_receipts
    ADD CONSTRAINT changed_receipts_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
CREATE INDEX changed_receipts_receipt_id ON private.changed_receipts USING btree (receipt_id);
ALTER TABLE private.changed_receipts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.changed_receipts IS 'Receipts that have changed since they were counted. Without a policy: for services only.';

-- private.counts

CREATE TABLE private.counts (
    metric text NOT NULL,
    at timestamp with time zone NOT NULL,
    labels jsonb NOT NULL,
    n bigint NOT NULL,
    CONSTRAINT counts_labels_check CHECK ((octet_length((labels)::text) <= 2000)),
    CONSTRAINT counts_metric_check CHECK ((length(metric) <= 60))
);
ALTER TABLE ONLY private.counts
    ADD CONSTRAINT counts_pkey PRIMARY KEY (metric, at, labels);
ALTER TABLE private.counts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.counts IS 'Sums over all receipts of what private.facts_of says of each. at is the start of the day in Korea on which the photo was uploaded; of the hour, for receipts_ended (upload) and changes (of the change). Without a policy: for services only.';

-- private.daily_use

CREATE TABLE private.daily_use (
    user_id uuid NOT NULL,
    action text NOT NULL,
    day date NOT NULL,
    used bigint NOT NULL,
    CONSTRAINT daily_use_action_check CHECK ((length(action) <= 40)),
    CONSTRAINT daily_use_used_check CHECK ((used >= 0))
);
ALTER TABLE ONLY private.daily_use
    ADD CONSTRAINT daily_use_pkey PRIMARY KEY (user_id, action);
ALTER TABLE ONLY private.daily_use
    ADD CONSTRAINT daily_use_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX daily_use_day ON private.daily_use USING btree (day, action);
ALTER TABLE private.daily_use ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.daily_use IS 'What each user has used of each daily quota on a day in Korea. Only the latest day is kept. Without a policy: for services only.';

-- private.deleted_inventory

CREATE TABLE private.deleted_inventory (
    inventory_id uuid NOT NULL,
    user_id uuid NOT NULL,
    lot jsonb NOT NULL,
    history jsonb NOT NULL,
    deleted_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT deleted_inventory_history_check CHECK ((octet_length((history)::text) <= 2000000)),
    CONSTRAINT deleted_inventory_lot_check CHECK ((octet_length((lot)::text) <= 20000))
);
ALTER TABLE ONLY private.deleted_inventory
    ADD CONSTRAINT deleted_inventory_pkey PRIMARY KEY (inventory_id);
ALTER TABLE ONLY private.deleted_inventory
    ADD CONSTRAINT deleted_inventory_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX deleted_inventory_deleted_at ON private.deleted_inventory USING btree (deleted_at);
CREATE INDEX deleted_inventory_user_id ON private.deleted_inventory USING btree (user_id, deleted_at DESC);
ALTER TABLE private.deleted_inventory ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.deleted_inventory IS 'Inventory rows that their user deleted, with their history, until they can no longer be restored. Without a policy: for services only.';

-- private.deletions_set_aside

CREATE TABLE private.deletions_set_aside (
    receipt_id uuid NOT NULL,
    attempts integer DEFAULT 1 NOT NULL,
    error text NOT NULL,
    next_attempt_at timestamp with time zone NOT NULL,
    CONSTRAINT deletions_set_aside_attempts_check CHECK ((attempts >= 1)),
    CONSTRAINT deletions_set_aside_error_check CHECK ((length(error) <= 5))
);
ALTER TABLE ONLY private.deletions_set_aside
    ADD CONSTRAINT deletions_set_aside_pkey PRIMARY KEY (receipt_id);
ALTER TABLE ONLY private.deletions_set_aside
    ADD CONSTRAINT deletions_set_aside_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
ALTER TABLE private.deletions_set_aside ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.deletions_set_aside IS 'Receipts that could not be deleted, or lose the text of their photo, for good: the SQLSTATE and when the sweep tries again. They do not hold up the others. Without a policy: for services only.';

-- private.hidden_names

CREATE TABLE private.hidden_names (
    gtin14 text NOT NULL,
    name_key text NOT NULL,
    reason text,
    hidden_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT hidden_names_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT hidden_names_name_key_check CHECK ((length(name_key) <= 200)),
    CONSTRAINT hidden_names_reason_check CHECK ((length(reason) <= 1000))
);
ALTER TABLE ONLY private.hidden_names
    ADD CONSTRAINT hidden_names_pkey PRIMARY KEY (gtin14, name_key);
ALTER TABLE private.hidden_names ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.hidden_names IS 'Names that an operator has hidden: votes for them do not count. Without a policy: for services only.';

-- private.mail_days

CREATE TABLE private.mail_days (
    day date NOT NULL
);
ALTER TABLE ONLY private.mail_days
    ADD CONSTRAINT mail_days_pkey PRIMARY KEY (day);
ALTER TABLE private.mail_days ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.mail_days IS 'The days whose reminders the mail server accepted for at least one address: if it accepts none, the addresses are not the cause. Without a policy: for services only.';

-- private.missed_photo_events

CREATE TABLE private.missed_photo_events (
    id bigint NOT NULL,
    event text NOT NULL,
    bucket text NOT NULL,
    object_path text NOT NULL,
    object_version text NOT NULL,
    previous_path text,
    previous_version text,
    bytes bigint,
    user_id uuid NOT NULL,
    noticed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT missed_photo_events_bucket_check CHECK ((length(bucket) <= 200)),
    CONSTRAINT missed_photo_events_check CHECK (((event = 'moved'::text) = ((previous_path IS NOT NULL) AND (previous_version IS NOT NULL)))),
    CONSTRAINT missed_photo_events_event_check CHECK ((event = ANY (ARRAY['uploaded'::text, 'moved'::text, 'deleted'::text]))),
    CONSTRAINT missed_photo_events_object_path_check CHECK ((length(object_path) <= 1100)),
    CONSTRAINT missed_photo_events_object_version_check CHECK ((length(object_version) <= 200)),
    CONSTRAINT missed_photo_events_previous_path_check CHECK ((length(previous_path) <= 1100)),
    CONSTRAINT missed_photo_events_previous_version_check CHECK ((length(previous_version) <= 200))
);
ALTER TABLE private.missed_photo_events ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.missed_photo_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY private.missed_photo_events
    ADD CONSTRAINT missed_photo_events_bucket_object_path_object_version_event_key UNIQUE (bucket, object_path, object_version, event);
ALTER TABLE ONLY private.missed_photo_events
    ADD CONSTRAINT missed_photo_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY private.missed_photo_events
    ADD CONSTRAINT missed_photo_events_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX missed_photo_events_user_id ON private.missed_photo_events USING btree (user_id);
ALTER TABLE private.missed_photo_events ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.missed_photo_events IS 'Uploads, moves and deletions of photos that the trigger on storage.objects could not apply to receipts, for example because of a lock timeout. The next sweep applies them. Without a policy: for services only.';

-- private.name_reports

CREATE TABLE private.name_reports (
    user_id uuid NOT NULL,
    gtin14 text NOT NULL,
    reported_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT name_reports_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text))
);
ALTER TABLE ONLY private.name_reports
    ADD CONSTRAINT name_reports_pkey PRIMARY KEY (user_id, gtin14);
ALTER TABLE ONLY private.name_reports
    ADD CONSTRAINT name_reports_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX name_reports_gtin14 ON private.name_reports USING btree (gtin14);
ALTER TABLE private.name_reports ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.name_reports IS 'Agreed names that users reported, until an operator decides on them. Without a policy: for services only.';

-- private.not_keywords

CREATE TABLE private.not_keywords (
    word text NOT NULL,
    CONSTRAINT not_keywords_word_check CHECK (((word <> ''::text) AND (length(word) <= 200)))
);
ALTER TABLE ONLY private.not_keywords
    ADD CONSTRAINT not_keywords_pkey PRIMARY KEY (word);
ALTER TABLE private.not_keywords ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.not_keywords IS 'Words that hide the keywords they contain: 오리지널 (original) does not count as 오리 (duck). Without a policy: for services only.';

-- private.photo_event

CREATE TYPE private.photo_event AS (
	event text,
	bucket text,
	object_path text,
	object_version text,
	previous_path text,
	previous_version text,
	bytes bigint,
	noticed_at timestamp with time zone
);
COMMENT ON TYPE private.photo_event IS 'As in private.missed_photo_events. Not its row type: the trigger could then not start while the table is locked.';

-- private.printed_names

CREATE TABLE private.printed_names (
    user_id uuid NOT NULL,
    gtin14 text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    category_id smallint,
    purchase_key text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT printed_names_gtin14_check CHECK ((gtin14 ~ '^[0-9]{14}$'::text)),
    CONSTRAINT printed_names_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
    CONSTRAINT printed_names_name_key_check CHECK (((name_key <> ''::text) AND (length(name_key) <= 200))),
    CONSTRAINT printed_names_purchase_key_check CHECK ((length(purchase_key) <= 64))
);
ALTER TABLE ONLY private.printed_names
    ADD CONSTRAINT printed_names_pkey PRIMARY KEY (user_id, gtin14);
ALTER TABLE ONLY private.printed_names
    ADD CONSTRAINT printed_names_category_id_fkey FOREIGN KEY (category_id) REFERENCES public.categories(id);
ALTER TABLE ONLY private.printed_names
    ADD CONSTRAINT printed_names_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX printed_names_category_id ON private.printed_names USING btree (category_id);
CREATE INDEX printed_names_gtin14 ON private.printed_names USING btree (gtin14, created_at DESC);
CREATE TRIGGER withdraw_vote_of_receipt AFTER DELETE ON private.printed_names FOR EACH ROW EXECUTE FUNCTION private.withdraw_vote('receipts');
ALTER TABLE private.printed_names ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.printed_names IS 'What the user''s latest receipt prints beside a barcode. purchase_key identifies the purchase: two users with the same one have photographed the same receipt. Without a policy: for services only.';

-- private.provider_outcomes

CREATE TABLE private.provider_outcomes (
    day date NOT NULL,
    provider text NOT NULL,
    outcome text NOT NULL,
    calls bigint NOT NULL,
    CONSTRAINT provider_outcomes_calls_check CHECK ((calls >= 1)),
    CONSTRAINT provider_outcomes_outcome_check CHECK ((length(outcome) <= 200)),
    CONSTRAINT provider_outcomes_provider_check CHECK ((length(provider) <= 200))
);
ALTER TABLE ONLY private.provider_outcomes
    ADD CONSTRAINT provider_outcomes_pkey PRIMARY KEY (provider, outcome, day);
ALTER TABLE private.provider_outcomes ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.provider_outcomes IS 'Number of calls per provider and outcome (hit, miss, closed, quota, auth, transient, invalid, skipped). Days in Korea. Without a policy: for services only.';

-- private.purchase

CREATE TYPE private.purchase AS (
	receipt_item_id uuid,
	receipt_id uuid,
	name_key text,
	gtin14 text,
	bought_at timestamp without time zone,
	store_name text,
	name text,
	quantity double precision,
	unit text,
	won bigint
);

-- private.push_tickets

CREATE TABLE private.push_tickets (
    ticket_id text NOT NULL,
    user_id uuid NOT NULL,
    token text NOT NULL,
    sent_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone NOT NULL,
    CONSTRAINT push_tickets_ticket_id_check CHECK (((length(ticket_id) >= 1) AND (length(ticket_id) <= 100))),
    CONSTRAINT push_tickets_token_check CHECK ((length(token) <= 200))
);
ALTER TABLE ONLY private.push_tickets
    ADD CONSTRAINT push_tickets_pkey PRIMARY KEY (ticket_id);
ALTER TABLE ONLY private.push_tickets
    ADD CONSTRAINT push_tickets_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX push_tickets_due ON private.push_tickets USING btree (due_at, ticket_id);
CREATE INDEX push_tickets_sent_at ON private.push_tickets USING btree (sent_at);
CREATE INDEX push_tickets_user_id ON private.push_tickets USING btree (user_id);
ALTER TABLE private.push_tickets ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.push_tickets IS 'Notifications that Expo accepted, until it says whether they were delivered. Without a policy: for services only.';

-- private.reading_crops

CREATE TABLE private.reading_crops (
    sample_id uuid NOT NULL,
    png bytea NOT NULL,
    CONSTRAINT reading_crops_png_check CHECK (((octet_length(png) >= 8) AND (octet_length(png) <= 65536)))
);
ALTER TABLE ONLY private.reading_crops
    ADD CONSTRAINT reading_crops_pkey PRIMARY KEY (sample_id);
ALTER TABLE ONLY private.reading_crops
    ADD CONSTRAINT reading_crops_sample_id_fkey FOREIGN KEY (sample_id) REFERENCES private.reading_samples(id) ON DELETE CASCADE;
ALTER TABLE private.reading_crops ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.reading_crops IS 'The line of a reading sample as a PNG image, 48 pixels high, without other lines. Without a policy: for services only.';

-- private.reading_samples

CREATE TABLE private.reading_samples (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    receipt_item_id uuid NOT NULL,
    user_id uuid NOT NULL,
    read_name text NOT NULL,
    line_text text,
    confidence real,
    model_version text,
    attempts smallint DEFAULT 0 NOT NULL,
    next_attempt_at timestamp with time zone DEFAULT now() NOT NULL,
    pushed_at timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reading_samples_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT reading_samples_confidence_check CHECK (((confidence >= (0)::double precision) AND (confidence <= (1)::double precision))),
    CONSTRAINT reading_samples_line_text_check CHECK ((length(line_text) <= 500)),
    CONSTRAINT reading_samples_model_version_check CHECK ((length(model_version) <= 200)),
    CONSTRAINT reading_samples_read_name_check CHECK ((length(read_name) <= 1000))
);
ALTER TABLE ONLY private.reading_samples
    ADD CONSTRAINT reading_samples_pkey PRIMARY KEY (id);
ALTER TABLE ONLY private.reading_samples
    ADD CONSTRAINT reading_samples_receipt_item_id_key UNIQUE (receipt_item_id);
ALTER TABLE ONLY private.reading_samples
    ADD CONSTRAINT reading_samples_receipt_item_id_fkey FOREIGN KEY (receipt_item_id) REFERENCES public.receipt_items(id) ON DELETE CASCADE;
ALTER TABLE ONLY private.reading_samples
    ADD CONSTRAINT reading_samples_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;
CREATE INDEX reading_samples_created_at ON private.reading_samples USING btree (created_at);
CREATE INDEX reading_samples_due ON private.reading_samples USING btree (next_attempt_at) WHERE (line_text IS NULL);
CREATE INDEX reading_samples_user_id ON private.reading_samples USING btree (user_id);
ALTER TABLE private.reading_samples ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.reading_samples IS 'Line items whose names consenting users corrected. line_text is what the recogniser reads on the crop, null until that is stored. Without a policy: for services only.';

-- private.receipt_attempts

CREATE TABLE private.receipt_attempts (
    id bigint NOT NULL,
    receipt_id uuid NOT NULL,
    request_id text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    ended_at timestamp with time zone,
    outcome text,
    error_code text,
    error_detail text,
    CONSTRAINT receipt_attempts_error_code_check CHECK ((length(error_code) <= 200)),
    CONSTRAINT receipt_attempts_error_detail_check CHECK ((length(error_detail) <= 500)),
    CONSTRAINT receipt_attempts_outcome_check CHECK ((outcome = ANY (ARRAY['queued'::text, 'done'::text, 'failed'::text]))),
    CONSTRAINT receipt_attempts_request_id_check CHECK ((length(request_id) <= 200))
);
ALTER TABLE private.receipt_attempts ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.receipt_attempts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY private.receipt_attempts
    ADD CONSTRAINT receipt_attempts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY private.receipt_attempts
    ADD CONSTRAINT receipt_attempts_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
CREATE INDEX receipt_attempts_receipt_id ON private.receipt_attempts USING btree (receipt_id, id DESC);
CREATE INDEX receipt_attempts_started_at ON private.receipt_attempts USING btree (started_at);
ALTER TABLE private.receipt_attempts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.receipt_attempts IS 'Attempts of receipts: the latest 20 of each, for 30 days. outcome queued: it will be retried. Without a policy: for services only.';

-- private.receipt_facts

CREATE TABLE private.receipt_facts (
    receipt_id uuid NOT NULL,
    day date NOT NULL,
    facts jsonb NOT NULL,
    CONSTRAINT receipt_facts_facts_check CHECK ((octet_length((facts)::text) <= 1000000))
);
ALTER TABLE ONLY private.receipt_facts
    ADD CONSTRAINT receipt_facts_pkey PRIMARY KEY (receipt_id);
ALTER TABLE ONLY private.receipt_facts
    ADD CONSTRAINT receipt_facts_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
CREATE INDEX receipt_facts_day ON private.receipt_facts USING btree (day);
ALTER TABLE private.receipt_facts ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.receipt_facts IS 'What a receipt counts for in private.counts, as [[metric, at, labels, n], ...]. Deleted after 60 days: later changes of the receipt are not counted any more. Without a policy: for services only.';

-- private.receipt_leases

CREATE TABLE private.receipt_leases (
    receipt_id uuid NOT NULL,
    token uuid NOT NULL,
    leased_at timestamp with time zone NOT NULL,
    object_path text NOT NULL,
    CONSTRAINT receipt_leases_object_path_check CHECK ((length(object_path) <= 1100))
);
ALTER TABLE ONLY private.receipt_leases
    ADD CONSTRAINT receipt_leases_pkey PRIMARY KEY (receipt_id);
ALTER TABLE ONLY private.receipt_leases
    ADD CONSTRAINT receipt_leases_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
ALTER TABLE private.receipt_leases ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.receipt_leases IS 'The latest claim of each receipt. complete_receipt and fail_receipt require its token. Apart from receipts, so that users, who read those, cannot see it. object_path is where the worker looks for the photo. Without a policy: for services only.';

-- private.reread_runs

CREATE TABLE private.reread_runs (
    name text NOT NULL,
    rules jsonb NOT NULL,
    planned_to timestamp with time zone,
    planned_receipt_id uuid,
    is_planned boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT reread_runs_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,59}$'::text)),
    CONSTRAINT reread_runs_rules_check CHECK (((jsonb_typeof(rules) = 'object'::text) AND (octet_length((rules)::text) <= 5000)))
);
ALTER TABLE ONLY private.reread_runs
    ADD CONSTRAINT reread_runs_pkey PRIMARY KEY (name);
ALTER TABLE private.reread_runs ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.reread_runs IS 'Runs that read photos again. rules: {applies, models, since, until, user_id, limit}; models: the versions, by kind, that read, such as {"category": "category-fc879c662ef4"}. planned_to and planned_receipt_id: the last receipt that was considered while the run was planned. Deleted after 90 days, or with the last of its rereads. Without a policy: for services only.';

-- private.rereads

CREATE TABLE private.rereads (
    run_name text NOT NULL,
    place integer NOT NULL,
    receipt_id uuid NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    attempts smallint DEFAULT 0 NOT NULL,
    outages smallint DEFAULT 0 NOT NULL,
    code text,
    changes jsonb DEFAULT '[]'::jsonb NOT NULL,
    models jsonb,
    ended_at timestamp with time zone,
    CONSTRAINT rereads_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT rereads_changes_check CHECK (((jsonb_typeof(changes) = 'array'::text) AND (octet_length((changes)::text) <= 1000000))),
    CONSTRAINT rereads_check CHECK (((state = 'waiting'::text) = (ended_at IS NULL))),
    CONSTRAINT rereads_code_check CHECK ((length(code) <= 200)),
    CONSTRAINT rereads_models_check CHECK ((octet_length((models)::text) <= 20000)),
    CONSTRAINT rereads_outages_check CHECK ((outages >= 0)),
    CONSTRAINT rereads_place_check CHECK ((place >= 1)),
    CONSTRAINT rereads_run_name_check CHECK ((length(run_name) <= 60)),
    CONSTRAINT rereads_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'same'::text, 'changed'::text, 'skipped'::text, 'failed'::text])))
);
ALTER TABLE ONLY private.rereads
    ADD CONSTRAINT rereads_pkey PRIMARY KEY (run_name, place);
ALTER TABLE ONLY private.rereads
    ADD CONSTRAINT rereads_receipt_id_run_name_key UNIQUE (receipt_id, run_name);
ALTER TABLE ONLY private.rereads
    ADD CONSTRAINT rereads_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES public.receipts(id) ON DELETE CASCADE;
ALTER TABLE ONLY private.rereads
    ADD CONSTRAINT rereads_run_name_fkey FOREIGN KEY (run_name) REFERENCES private.reread_runs(name) ON DELETE CASCADE;
CREATE INDEX rereads_waiting ON private.rereads USING btree (run_name, outages, place) WHERE (state = 'waiting'::text);
ALTER TABLE private.rereads ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.rereads IS 'The manifest of a run, and its progress: one row per receipt. Task i of n reads the places that leave i when divided by n. changes: what a dry run would change, or what a run changed, [{what, line_no, field, from, to}]; models: those that had read the receipt before. Deleted after 90 days; what was changed, with the receipt. Without a policy: for services only.';

-- private.settings

CREATE TABLE private.settings (
    name text NOT NULL,
    value text NOT NULL,
    CONSTRAINT settings_name_check CHECK ((length(name) <= 200)),
    CONSTRAINT settings_value_check CHECK ((length(value) <= 2000))
);
ALTER TABLE ONLY private.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);
ALTER TABLE private.settings ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.settings IS 'Settings for databases without Vault, such as receipt_webhook_url, receipt_webhook_secret, max_attempts and photo_days. A secret of the same name in Vault takes precedence. Without a policy: for services only.';

-- private.shelf_life

CREATE TYPE private.shelf_life AS (
	storage text,
	basis text,
	min_days integer,
	max_days integer,
	source text
);

-- private.sweep_state

CREATE TABLE private.sweep_state (
    is_only_row boolean DEFAULT true NOT NULL,
    retention_due_at timestamp with time zone DEFAULT now() NOT NULL,
    strays_due_at timestamp with time zone DEFAULT now() NOT NULL,
    strays_since timestamp with time zone DEFAULT now() NOT NULL,
    stray_name text DEFAULT ''::text NOT NULL,
    webhook_call_id bigint DEFAULT 0 NOT NULL,
    CONSTRAINT sweep_state_is_only_row_check CHECK (is_only_row),
    CONSTRAINT sweep_state_stray_name_check CHECK ((length(stray_name) <= 1100))
);
ALTER TABLE ONLY private.sweep_state
    ADD CONSTRAINT sweep_state_pkey PRIMARY KEY (is_only_row);
ALTER TABLE private.sweep_state ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE private.sweep_state IS 'One row: when photos_to_delete next looks for photos past their retention, how far its pass over all photos is, and the latest webhook call that the last sweep saw. Without a policy: for services only.';

-- private.transcribed_lines

CREATE VIEW private.transcribed_lines AS
 SELECT s.id AS sample_id,
    min(t.line_text) AS line_text
   FROM ((private.reading_samples s
     JOIN public.reading_consents c ON ((c.user_id = s.user_id)))
     JOIN ( SELECT DISTINCT ON (l.sample_id, l.annotator) l.sample_id,
            l.annotator,
            l.line_text
           FROM public.line_transcriptions l
          ORDER BY l.sample_id, l.annotator, l.annotation_id DESC) t ON ((t.sample_id = s.id)))
  GROUP BY s.id
 HAVING ((count(*) >= 2) AND (count(DISTINCT private.text_key(t.line_text)) = 1));
COMMENT ON VIEW private.transcribed_lines IS 'Reading samples of consenting users that two annotators or more read alike, spaces and case aside.';

-- private.unit_price

CREATE TYPE private.unit_price AS (
	won_per_unit double precision,
	size double precision,
	size_unit text,
	won_per_100 double precision,
	is_weighed boolean
);

-- realtime.messages

CREATE POLICY "Users hear of changes to their own rows" ON realtime.messages FOR SELECT TO authenticated USING (((extension = 'broadcast'::text) AND (( SELECT realtime.topic() AS topic) = ('user:'::text || (( SELECT private.owner_id() AS owner_id))::text))));

-- storage.objects

CREATE TRIGGER receipt_photo_deleted AFTER DELETE ON storage.objects FOR EACH ROW WHEN ((old.bucket_id = 'ocr'::text)) EXECUTE FUNCTION private.follow_photo();
CREATE TRIGGER receipt_photo_moved_away AFTER UPDATE OF bucket_id ON storage.objects FOR EACH ROW WHEN (((old.bucket_id = 'ocr'::text) AND (new.bucket_id <> 'ocr'::text))) EXECUTE FUNCTION private.follow_photo();
CREATE TRIGGER receipt_photo_stored AFTER INSERT OR UPDATE OF version, name, bucket_id ON storage.objects FOR EACH ROW WHEN ((new.bucket_id = 'ocr'::text)) EXECUTE FUNCTION private.follow_photo();
CREATE POLICY "No replacements in an account that is being deleted" ON storage.objects AS RESTRICTIVE FOR UPDATE TO authenticated USING (true) WITH CHECK (((bucket_id <> 'ocr'::text) OR ( SELECT private.account_is_open() AS account_is_open)));
CREATE POLICY "No uploads to an account that is being deleted" ON storage.objects AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (((bucket_id <> 'ocr'::text) OR ( SELECT private.account_is_open() AS account_is_open)));
CREATE POLICY "Receipt photos have a length and fit the daily quota" ON storage.objects AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (((bucket_id <> 'ocr'::text) OR private.upload_is_allowed(metadata)));
CREATE POLICY "Replacements have a length and fit the daily quota" ON storage.objects AS RESTRICTIVE FOR UPDATE TO authenticated USING (true) WITH CHECK (((bucket_id <> 'ocr'::text) OR (( SELECT current_setting('storage.operation'::text, true) AS current_setting) = 'storage.object.move'::text) OR private.upload_is_allowed(metadata)));
CREATE POLICY "Users delete their own receipt photos" ON storage.objects FOR DELETE TO authenticated USING (((bucket_id = 'ocr'::text) AND ((storage.foldername(name))[1] = (( SELECT private.owner_id() AS owner_id))::text)));
CREATE POLICY "Users replace their own receipt photos" ON storage.objects FOR UPDATE TO authenticated USING (((bucket_id = 'ocr'::text) AND ((storage.foldername(name))[1] = (( SELECT private.owner_id() AS owner_id))::text))) WITH CHECK (((bucket_id = 'ocr'::text) AND ((storage.foldername(name))[1] = (( SELECT private.owner_id() AS owner_id))::text)));
CREATE POLICY "Users see their own receipt photos" ON storage.objects FOR SELECT TO authenticated USING (((bucket_id = 'ocr'::text) AND ((storage.foldername(name))[1] = (( SELECT private.owner_id() AS owner_id))::text)));
CREATE POLICY "Users upload receipt photos to their own folder" ON storage.objects FOR INSERT TO authenticated WITH CHECK (((bucket_id = 'ocr'::text) AND ((storage.foldername(name))[1] = (( SELECT private.owner_id() AS owner_id))::text)));

-- public.add_receipt_item

CREATE FUNCTION public.add_receipt_item(receipt_id uuid, receipt_item_id uuid, name text, category text, quantity double precision DEFAULT 1, unit text DEFAULT NULL::text, unit_price integer DEFAULT NULL::integer, amount integer DEFAULT NULL::integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  receipt public.receipts;
  new_category public.categories;
  estimate private.shelf_life;
  new_name text;
begin
  perform private.require_user();
  receipt := private.lock_receipt($1);
  if exists (select from public.receipt_items i where i.id = $2) then
    if not exists (select from public.receipt_items i where i.id = $2 and i.receipt_id = receipt.id) then
      perform private.refuse(409, 'receipt_item_id_taken', 'The id is already in use; choose another one.');
    end if;
    return private.review_item($2);
  elsif $2 is null then
    perform private.refuse(422, 'invalid_item', 'receipt_item_id must not be null.');
  elsif length($3) > 1000 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  end if;
  new_name := private.clean_name($3);
  perform private.check_item_values(new_name, $5, $6, $7, $8, null);
  select * into new_category from public.categories c where c.code = $4;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  end if;
  if (
    select count(*) >= 100 or max(i.line_no) filter (where i.predicted_category_id is not null) >= 900
    from public.receipt_items i
    where i.receipt_id = receipt.id and (i.predicted_category_id is null or i.line_no >= 900)
  ) then
    perform private.refuse(409, 'limit_reached', 'A receipt has at most 100 items that were added by hand.');
  end if;
  perform private.use_quota('added_items', 1);

  estimate := private.shelf_life(new_name, new_category.id);
  insert into public.receipt_items (
    id, receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, kind, category_id,
    decided_by, storage, expires_on, status
  )
  values (
    $2, receipt.id,
    (select coalesce(max(i.line_no), 0) + 1 from public.receipt_items i where i.receipt_id = receipt.id),
    '', '', new_name, $5, private.clean_unit($6), $7, $8,
    case when new_category.is_food then 'food' else 'non_food' end, new_category.id, 'user', estimate.storage,
    private.purchase_day(receipt.purchased_at, receipt.created_at) + estimate.min_days,
    case when $8 < 0 then 'dismissed' else 'pending' end -- what was brought back, as in items_of_result
  );
  insert into public.item_feedback (receipt_item_id, field, user_id, offered, chosen)
  values ($2, 'added', receipt.user_id, 'null', to_jsonb(new_name));
  perform private.settle_receipt(receipt.id, '{no_items}');
  return private.review_item($2);
end
$_$;
REVOKE ALL ON FUNCTION public.add_receipt_item(receipt_id uuid, receipt_item_id uuid, name text, category text, quantity double precision, unit text, unit_price integer, amount integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_receipt_item(receipt_id uuid, receipt_item_id uuid, name text, category text, quantity double precision, unit text, unit_price integer, amount integer) TO authenticated;
GRANT ALL ON FUNCTION public.add_receipt_item(receipt_id uuid, receipt_item_id uuid, name text, category text, quantity double precision, unit text, unit_price integer, amount integer) TO service_role;
COMMENT ON FUNCTION public.add_receipt_item(receipt_id uuid, receipt_item_id uuid, name text, category text, quantity double precision, unit text, unit_price integer, amount integer) IS 'Adds a line item that was not read to a receipt of the calling user, under an id that the client chooses. It is pending or, with a negative amount, dismissed, like those that were read, and has no prediction. Returns it as review_receipt does. Idempotent. Errors by hint: receipt_not_found, receipt_not_done, invalid_item, unknown_category, receipt_item_id_taken, rate_limited, limit_reached. Runs as its owner, because users may not write receipt_items and feedback.';

-- public.add_receipt_to_inventory

CREATE FUNCTION public.add_receipt_to_inventory(receipt_id uuid, items jsonb DEFAULT NULL::jsonb) RETURNS SETOF public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  receipt public.receipts;
  item public.receipt_items;
  category public.categories;
  estimate private.shelf_life;
  types constant jsonb := jsonb '{
    "receipt_item_id": "string", "name": "string", "category": "string", "quantity": "number", "unit": "string",
    "storage": "string", "expires_on": "string", "dismiss": "boolean", "restore": "boolean"
  }';
  list jsonb;
  edits jsonb; -- the list by line item id; null adds all food as predicted
  edit jsonb;
  new_name text;
  new_quantity double precision;
  new_unit text;
  new_expires_on date;
  purchase_date date;
  item_ids uuid[] := array[]::uuid[];
begin
  if octet_length($2::text) > 500000 then
    perform private.refuse(422, 'invalid_items', 'items is too long.');
  end if;
  list := private.json_argument($2);
  perform private.require_user();
  -- Before the receipt is read, whose date may be corrected at this moment.
  perform private.lock_user((select private.owner_id()));
  select * into receipt from public.receipts where id = $1 and user_id = (select private.owner_id()) and deleted_at is null;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'done' then
    perform private.refuse(409, 'receipt_not_done', format('The receipt must be done; it is %s.', receipt.status));
  end if;
  purchase_date := private.purchase_day(receipt.purchased_at, receipt.created_at);

  if jsonb_typeof(list) <> 'null' then
    if exists (select from jsonb_array_elements(list) e where not private.has_types(e, types)) then
      perform private.refuse(422, 'invalid_items', 'A field of an item is of another type than it must be.');
    end if;
    select coalesce(jsonb_object_agg((e ->> 'receipt_item_id')::uuid, e), '{}') into edits
    from jsonb_array_elements(list) e;
    if jsonb_array_length(list) <> (select count(*) from jsonb_object_keys(edits)) then
      perform private.refuse(422, 'duplicate_item', 'A line item is listed twice.');
    end if;
  end if;

  for item in select * from private.lock_receipt_items(receipt.id) loop
    edit := edits -> item.id::text;
    if edit is null and (edits is not null or item.kind <> 'food' or item.status = 'dismissed') then
      continue;
    end if;
    edits := edits - item.id::text;
    item_ids := item_ids || item.id;
    if item.status = 'added' then
      continue;
    elsif (edit ->> 'restore')::boolean then
      perform private.restore_receipt_item(item.id);
      continue;
    elsif (edit ->> 'dismiss')::boolean then
      if item.kind = 'food' then
        perform private.note_item_feedback(item.id, '{"dismissed": true}');
      end if;
      perform private.decide_receipt_item(item.id, 'dismissed', item.name, item.category_id);
      continue;
    elsif item.status = 'dismissed' then
      perform private.restore_receipt_item(item.id);
    end if;

    edit := coalesce(edit, '{}'); -- so that no test of its members is null
    select * into category from public.categories c
    where case when edit ->> 'category' is null then c.id = item.category_id else c.code = edit ->> 'category' end;
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
    -- What was read may be longer than what the inventory takes.
    new_name := coalesce(private.clean_name(edit ->> 'name'), left(item.name, 200));
    new_quantity := coalesce((edit ->> 'quantity')::double precision, item.quantity);
    new_unit := case when edit ? 'unit' then private.clean_unit(edit ->> 'unit') else left(item.unit, 20) end;
    estimate := private.shelf_life(
      new_name, category.id,
      coalesce(edit ->> 'storage', case when category.id = item.category_id then item.storage end)
    );
    new_expires_on := case
      when edit ? 'expires_on' then private.day(edit ->> 'expires_on')
      -- The stored estimate is valid for this name, category and storage only.
      when new_name = item.name and category.id = item.category_id
        and estimate.storage is not distinct from item.storage then item.expires_on
      else coalesce(item.purchased_on, purchase_date) + estimate.min_days
    end;

    insert into public.inventory (
      user_id, receipt_item_id, name, category_id, quantity, unit, storage, purchased_on,
      expires_on, package_expires_on, expiry_basis, expiry_source, price
    )
    values (
      receipt.user_id, item.id, new_name, category.id, new_quantity, new_unit,
      coalesce(edit ->> 'storage', estimate.storage), coalesce(item.purchased_on, purchase_date),
      new_expires_on,
      case when edit ? 'expires_on' then new_expires_on end,
      case when new_expires_on is not null then case when edit ? 'expires_on' then 'package' else 'purchase' end end,
      case when new_expires_on is not null and not edit ? 'expires_on' then estimate.source end,
      private.price(item.amount, item.discount)
    );
    if edit <> '{}' then -- otherwise nothing differs from what was offered
      perform private.note_item_feedback(
        item.id,
        jsonb_build_object('name', new_name, 'quantity', new_quantity, 'unit', new_unit)
        || case when edit ->> 'storage' is not null then jsonb_build_object('storage', edit ->> 'storage') else '{}' end
        || case when edit ? 'expires_on' then jsonb_build_object('expires_on', new_expires_on) else '{}' end
      );
    end if;
    perform private.decide_receipt_item(
      item.id, 'added', new_name, category.id, p_category_given => edit ->> 'category' is not null
    );
  end loop;

  if edits <> '{}' then
    perform private.refuse(422, 'unknown_item', 'One of the line items is not on this receipt.');
  end if;

  return query
    select v.* from public.inventory v
    join public.receipt_items i on i.id = v.receipt_item_id
    where i.id = any (item_ids)
    order by i.line_no;
exception
  when data_exception or check_violation then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_items', 'A field of an item has an invalid value.');
  when sqlstate 'PT422' then
    declare
      code text;
    begin
      get stacked diagnostics code = pg_exception_hint;
      perform private.refuse(
        422, case when code in ('invalid_item', 'unknown_storage') then 'invalid_items' else code end, sqlerrm
      );
    end;
end
$_$;
REVOKE ALL ON FUNCTION public.add_receipt_to_inventory(receipt_id uuid, items jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_receipt_to_inventory(receipt_id uuid, items jsonb) TO authenticated;
GRANT ALL ON FUNCTION public.add_receipt_to_inventory(receipt_id uuid, items jsonb) TO service_role;
COMMENT ON FUNCTION public.add_receipt_to_inventory(receipt_id uuid, items jsonb) IS 'Adds line items of a receipt of the calling user to their inventory and returns the inventory rows. Idempotent. items: null for all pending food as predicted, otherwise [{receipt_item_id, name?, category?, quantity?, unit?, storage?, expires_on?, dismiss?, restore?}]. Differences from what was offered are recorded as feedback. Errors by hint: receipt_not_found, receipt_not_done, unknown_item, duplicate_item, unknown_category, invalid_items, date_out_of_range, rate_limited, limit_reached. After an error nothing has changed. Runs as its owner, because users may not write inventory, receipt_items and feedback.';

-- public.add_to_inventory

CREATE FUNCTION public.add_to_inventory(inventory_id uuid, name text, category text, gtin text DEFAULT NULL::text, quantity double precision DEFAULT 1, unit text DEFAULT NULL::text, storage text DEFAULT NULL::text, purchased_on text DEFAULT NULL::text, expires_on text DEFAULT NULL::text, price integer DEFAULT NULL::integer) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  lot public.inventory;
  new_name constant text := private.clean_name($2);
  purchase_date date;
  package_date date;
  rule record;
begin
  perform private.require_user();
  purchase_date := coalesce(private.day($8), private.today());
  package_date := private.day($9);
  select * into rule from private.rule_for(new_name, $3, $7);
  if purchase_date > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif not private.dates_are_plausible(purchase_date, package_date) then
    perform private.refuse(422, 'date_out_of_range', 'A date is before 2000 or too far in the future.');
  elsif $4 is not null and private.gtin14($4) is null then
    perform private.refuse(422, 'invalid_item', 'gtin is not a valid product number.');
  end if;

  insert into public.inventory (
    id, user_id, name, category_id, gtin14, quantity, unit, storage, purchased_on, expires_on, expiry_basis,
    expiry_source, price
  )
  values (
    $1, private.owner_id(), new_name, rule.category_id, private.gtin14($4), coalesce($5, 1), private.clean_unit($6),
    (rule.estimate).storage, purchase_date, coalesce(package_date, purchase_date + (rule.estimate).min_days),
    -- The trigger take_given_date records a date without a basis as the date on the package.
    case when package_date is null and (rule.estimate).min_days is not null then 'purchase' end,
    case when package_date is null and (rule.estimate).min_days is not null then (rule.estimate).source end, $10
  )
  on conflict (id) do nothing
  returning * into lot;
  if not found then
    select * into lot from public.inventory where id = $1 and user_id = (select private.owner_id());
    if not found then
      perform private.refuse(409, 'inventory_id_taken', 'The id is already in use; choose another one.');
    end if;
  else
    -- Looked up after the insertion, which waits for a deletion that is not committed yet. The row is not brought back:
    -- a repeated call whose answer was lost must not undo what the user has done since.
    delete from private.deleted_inventory d where d.inventory_id = $1 and not private.can_be_restored(d.deleted_at);
    if exists (select from private.deleted_inventory d where d.inventory_id = $1) then
      perform private.refuse(
        409, 'inventory_id_taken', 'The item with this id was deleted; restore it, or choose another id.'
      );
    end if;
  end if;
  return lot;
exception
  when check_violation or not_null_violation or data_exception then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_item', 'An argument has an invalid value.');
    return null; -- not reached
end
$_$;
REVOKE ALL ON FUNCTION public.add_to_inventory(inventory_id uuid, name text, category text, gtin text, quantity double precision, unit text, storage text, purchased_on text, expires_on text, price integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.add_to_inventory(inventory_id uuid, name text, category text, gtin text, quantity double precision, unit text, storage text, purchased_on text, expires_on text, price integer) TO authenticated;
GRANT ALL ON FUNCTION public.add_to_inventory(inventory_id uuid, name text, category text, gtin text, quantity double precision, unit text, storage text, purchased_on text, expires_on text, price integer) TO service_role;
COMMENT ON FUNCTION public.add_to_inventory(inventory_id uuid, name text, category text, gtin text, quantity double precision, unit text, storage text, purchased_on text, expires_on text, price integer) IS 'Adds a product to the calling user''s inventory under an id that the client chooses, and returns its row. Idempotent. expires_on is the date on the package; without it the date is estimated from the day of purchase, today by default. price is in won, for the whole quantity. Dates may be moments, of which the day in Korea counts. The id of a deleted item is taken as long as restore_inventory_item can undo the deletion. Errors by hint: unknown_category, unknown_storage, date_in_future, date_out_of_range, invalid_item, inventory_id_taken, rate_limited, limit_reached. After an error nothing has changed. Runs as its owner, because users may not write inventory.';

-- public.begin_bulk_load

CREATE FUNCTION public.begin_bulk_load(p_source text, p_now timestamp with time zone, p_refresh_seconds bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  load public.product_bulk_loads;
begin
  insert into public.product_bulk_loads as l (source, started_at)
  values (p_source, p_now)
  on conflict (source) do update
  set started_at = p_now, next_page = 1, pages = null, stored = 0, set_aside = 0, finished_at = null
  where l.finished_at <= p_now - make_interval(secs => p_refresh_seconds);
  select * into load from public.product_bulk_loads where source = p_source;
  return to_jsonb(load);
end
$$;
REVOKE ALL ON FUNCTION public.begin_bulk_load(p_source text, p_now timestamp with time zone, p_refresh_seconds bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_bulk_load(p_source text, p_now timestamp with time zone, p_refresh_seconds bigint) TO service_role;
COMMENT ON FUNCTION public.begin_bulk_load(p_source text, p_now timestamp with time zone, p_refresh_seconds bigint) IS 'The load of a source: the running one; the finished one until it is p_refresh_seconds old; otherwise a new one.';

-- public.begin_product_lookup

CREATE FUNCTION public.begin_product_lookup(p_gtin14 text, p_now timestamp with time zone, p_lease_seconds integer, p_user_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  lookup public.product_lookups;
  is_wanted boolean := false;
begin
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  values (p_gtin14, p_now, p_now)
  on conflict (gtin14) do nothing;
  select * into lookup from public.product_lookups where gtin14 = p_gtin14 for update;
  -- Checked after the lock is acquired: its previous holder may have stored a result.
  if lookup is null or private.product_is_settled(p_gtin14, p_now) then
    delete from public.product_lookups where gtin14 = p_gtin14;
    return jsonb_build_object('state', 'stored');
  elsif lookup.lease_until > p_now then
    return jsonb_build_object('state', 'held');
  elsif lookup.retry_at > p_now then
    return jsonb_build_object('state', 'postponed', 'tried', lookup.tried, 'until', lookup.retry_at);
  elsif p_user_id is not null and not private.take_quota(p_user_id, 'barcode_lookups', 1) then
    -- Nor does the sweep look it up, unless another user asked for it.
    delete from public.product_lookups where gtin14 = p_gtin14 and requested_at = p_now and attempts = 0;
    return jsonb_build_object(
      'state', 'limited', 'until', p_now + make_interval(secs => private.seconds_until_tomorrow())
    );
  end if;
  if p_user_id is not null then
    insert into private.asked_numbers as n (gtin14, first_user_id, asked_at) values (p_gtin14, p_user_id, p_now)
    on conflict (gtin14) do update
    set asked_at = excluded.asked_at, by_several = n.by_several or n.first_user_id <> excluded.first_user_id
    returning n.by_several into is_wanted;
  end if;
  update public.product_lookups
  set lease_token = gen_random_uuid(), lease_until = p_now + make_interval(secs => p_lease_seconds),
      attempts = attempts + 1
  where gtin14 = p_gtin14
  returning * into lookup;
  return jsonb_build_object('state', 'acquired', 'token', lookup.lease_token, 'by_several', is_wanted);
end
$$;
REVOKE ALL ON FUNCTION public.begin_product_lookup(p_gtin14 text, p_now timestamp with time zone, p_lease_seconds integer, p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_product_lookup(p_gtin14 text, p_now timestamp with time zone, p_lease_seconds integer, p_user_id uuid) TO service_role;
COMMENT ON FUNCTION public.begin_product_lookup(p_gtin14 text, p_now timestamp with time zone, p_lease_seconds integer, p_user_id uuid) IS 'Acquires the lookup lease of a barcode for a user, whose daily quota it counts against. state: acquired (with a lease token, and whether several users have asked for the barcode), held (by another worker), stored (a result is stored), postponed (providers failed recently; with the outcomes in tried), limited (the user''s quota is used up until the given time).';

-- public.begin_reread

CREATE FUNCTION public.begin_reread(p_run text, p_receipt_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  obstacle text;
begin
  perform from private.rereads x
  where x.run_name = p_run and x.receipt_id = p_receipt_id and x.state = 'waiting' for update;
  if not found then
    return null;
  end if;
  obstacle := private.reread_obstacle(p_receipt_id);
  if obstacle is not null then
    perform private.end_reread(p_run, p_receipt_id, 'skipped', obstacle);
    return null;
  end if;
  return (select r.object_path from public.receipts r where r.id = p_receipt_id);
end
$$;
REVOKE ALL ON FUNCTION public.begin_reread(p_run text, p_receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.begin_reread(p_run text, p_receipt_id uuid) TO service_role;
COMMENT ON FUNCTION public.begin_reread(p_run text, p_receipt_id uuid) IS 'The path of the photo of a receipt that is still to be read, which may have been moved since due_rereads; null if the receipt has been read, deleted or reviewed meanwhile, or its photo is gone.';

-- public.claim_account_deletions

CREATE FUNCTION public.claim_account_deletions(p_limit integer) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.account_deletions
  set attempts = attempts + 1,
      -- Exponential backoff from one minute to six hours; a request is never given up.
      next_attempt_at = now() + make_interval(secs => least(21600, 60 * 2 ^ least(attempts, 10)))
  where user_id in (
    select user_id from public.account_deletions
    where next_attempt_at <= now()
    order by next_attempt_at
    limit p_limit
    for update skip locked
  )
  returning user_id
$$;
REVOKE ALL ON FUNCTION public.claim_account_deletions(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_account_deletions(p_limit integer) TO service_role;
COMMENT ON FUNCTION public.claim_account_deletions(p_limit integer) IS 'Claims users whose deletion is due. An attempt that does not finish is repeated later.';

-- public.claim_product_lookup

CREATE FUNCTION public.claim_product_lookup(p_now timestamp with time zone, p_lease_seconds integer) RETURNS TABLE(gtin14 text, lease_token uuid)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- The next attempt is planned now: a lookup that fails in an unforeseen way must not be the next one again.
  update public.product_lookups l
  set lease_token = gen_random_uuid(), lease_until = p_now + make_interval(secs => p_lease_seconds),
      attempts = attempts + 1,
      next_attempt_at = p_now + make_interval(secs => least(21600, p_lease_seconds * 2 ^ least(attempts, 12)))
  where l.gtin14 = (
    select due.gtin14 from public.product_lookups due
    where due.next_attempt_at <= p_now and (due.lease_until is null or due.lease_until <= p_now)
    order by due.next_attempt_at
    limit 1
    for update skip locked
  )
  returning l.gtin14, l.lease_token
$$;
REVOKE ALL ON FUNCTION public.claim_product_lookup(p_now timestamp with time zone, p_lease_seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_product_lookup(p_now timestamp with time zone, p_lease_seconds integer) TO service_role;
COMMENT ON FUNCTION public.claim_product_lookup(p_now timestamp with time zone, p_lease_seconds integer) IS 'Claims the due barcode that has waited longest, under a new lease.';

-- public.claim_reading_samples

CREATE FUNCTION public.claim_reading_samples(p_limit integer) RETURNS TABLE(id uuid, bucket text, object_path text, name text, box jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.reading_samples s
  where s.created_at < now() - make_interval(days => coalesce(private.setting('reading_sample_days')::integer, 180))
    or s.line_text is null and s.attempts >= 5 and s.next_attempt_at <= now()
    or not private.has_reading_consent(s.user_id);
  return query
    with due as (
      update private.reading_samples s
      set attempts = s.attempts + 1,
          next_attempt_at = now() + make_interval(mins => (5 * 4 ^ least(s.attempts, 5))::integer)
      where s.id in (
        select d.id from private.reading_samples d
        where d.line_text is null and d.next_attempt_at <= now()
        order by d.next_attempt_at
        limit p_limit
        for update skip locked
      )
      returning s.id, s.receipt_item_id, s.read_name
    )
    select d.id, r.bucket, r.object_path, d.read_name, i.box
    from due d
    join public.receipt_items i on i.id = d.receipt_item_id
    join public.receipts r on r.id = i.receipt_id
    where r.photo_deleted_at is null and i.box is not null;
end
$$;
REVOKE ALL ON FUNCTION public.claim_reading_samples(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_reading_samples(p_limit integer) TO service_role;
COMMENT ON FUNCTION public.claim_reading_samples(p_limit integer) IS 'Reading samples whose lines are to be cropped, with the photo and the place of the line item in it. A sample that is not stored is claimed again later, five times. Deletes samples at the end of their life (setting reading_sample_days, 180), and without consent.';

-- public.claim_receipts

CREATE FUNCTION public.claim_receipts(p_limit integer, p_lease_seconds integer, p_receipt_id uuid DEFAULT NULL::uuid, p_request_id text DEFAULT NULL::text) RETURNS TABLE(id uuid, user_id uuid, bucket text, object_path text, object_version text, attempts integer, lease_token uuid, waited_s double precision, ahead integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  -- The longest processing of a photo, without the margin of its lease: older claims belong to dead workers.
  longest_reading constant interval := interval '100 seconds';
  -- Of a photo that is read alone, which finds an idle reader. Then other photos stop waiting for it.
  longest_alone constant interval := interval '60 seconds';
  patience_alone constant interval := interval '30 seconds';
  per_user constant integer := coalesce(private.setting('reading_per_user')::integer, 4);
  others_are_read boolean;
  one_is_read_alone boolean;
  suspect public.receipts;
  claim_ids uuid[];
begin
  -- One claim at a time: the limits below would not hold if two claims counted at once. It takes milliseconds.
  perform pg_advisory_xact_lock(hashtextextended('public.claim_receipts', 0));
  perform private.end_lost_leases(p_failing => false, p_before => now());
  -- give_up_receipts does this first, because it reports what fails. This is for workers that do not call it.
  perform private.end_lost_leases(p_failing => true, p_before => now() - interval '15 minutes');

  select coalesce(bool_or(r.reads_alone and l.leased_at > now() - longest_alone), false),
    coalesce(bool_or(l.leased_at > now() - longest_reading), false)
  into one_is_read_alone, others_are_read
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.status = 'processing' and r.lease_until > now();
  if one_is_read_alone then
    return;
  end if;
  select * into suspect from public.receipts r
  where r.status = 'queued' and r.reads_alone and r.next_attempt_at <= now()
    and (p_receipt_id is null or r.id = p_receipt_id)
  order by r.next_attempt_at
  limit 1
  for update skip locked;
  if found and not others_are_read then
    claim_ids := array[suspect.id];
  elsif found and suspect.next_attempt_at < now() - patience_alone then
    return; -- let the reader run empty
  else
    with window_of_queue as materialized (
      select r.id, r.user_id, r.turn, r.queued_at from public.receipts r
      where r.status = 'queued' and not r.reads_alone and r.next_attempt_at <= now()
        and (p_receipt_id is null or r.id = p_receipt_id)
      order by r.turn, r.queued_at
      -- A user at the limit has few receipts before the next user's, because turns interleave users.
      limit 500
    ), reading as (
      select r.user_id, count(*) as photos from public.receipts r
      where r.status = 'processing' and r.lease_until > now()
      group by r.user_id
    ), ranked as (
      select w.*, row_number() over (partition by w.user_id order by w.turn, w.queued_at) as place
      from window_of_queue w
    )
    select array_agg(chosen.id) into claim_ids
    from (
      select r.id
      from ranked k
      join public.receipts r on r.id = k.id
      left join reading on reading.user_id = k.user_id
      where r.status = 'queued' and k.place + coalesce(reading.photos, 0) <= per_user
      order by k.turn, k.queued_at
      limit p_limit
      for update of r skip locked
    ) chosen;
  end if;

  return query
  with leased as (
    update public.receipts r
    set status = 'processing',
        lease_until = now() + make_interval(secs => p_lease_seconds),
        request_id = coalesce(left(p_request_id, 100), r.request_id)
    where r.id = any (claim_ids)
    returning r.*
  ), tokens as (
    insert into private.receipt_leases as l (receipt_id, token, leased_at, object_path)
    select r.id, gen_random_uuid(), now(), r.object_path from leased r
    on conflict (receipt_id) do update
    set token = excluded.token, leased_at = excluded.leased_at, object_path = excluded.object_path
    returning l.receipt_id, l.token
  )
  select r.id, r.user_id, r.bucket, r.object_path, r.object_version, r.attempts + 1, t.token,
    extract(epoch from greatest(now() - r.queued_at, interval '0'))::double precision,
    -- The statement sees the receipts as they were before it.
    (select count(*) from public.receipts other
     where other.user_id = r.user_id and other.status = 'processing' and other.lease_until > now())::integer
      + (row_number() over (partition by r.user_id order by r.turn, r.queued_at))::integer - 1
  from leased r join tokens t on t.receipt_id = r.id;
end
$$;
REVOKE ALL ON FUNCTION public.claim_receipts(p_limit integer, p_lease_seconds integer, p_receipt_id uuid, p_request_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_receipts(p_limit integer, p_lease_seconds integer, p_receipt_id uuid, p_request_id text) TO service_role;
COMMENT ON FUNCTION public.claim_receipts(p_limit integer, p_lease_seconds integer, p_receipt_id uuid, p_request_id text) IS 'Claims due receipts, or the given receipt if it is due, under a new lease: users in turn, at most reading_per_user (setting, 4 by default) of each at a time. A receipt that may have killed the reader is claimed while no other is being read, and no other is claimed meanwhile. attempts is the number of this attempt; it is charged when the attempt ends, see fail_receipt. waited_s is the time since queued_at in seconds. ahead is the number of the user''s receipts that were claimed before and are still being read.';

-- public.claim_reminders

CREATE FUNCTION public.claim_reminders(p_limit integer, p_now timestamp with time zone DEFAULT now(), p_with_mails boolean DEFAULT false) RETURNS TABLE(user_id uuid, day date, language text, tokens text[], items jsonb, item_count integer, email text, mail_token uuid)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  settings public.reminder_settings;
  local_now timestamp;
  claimed_day date;
  is_due boolean;
  due_tokens text[];
  due_email text;
  due_items jsonb;
  due_count integer;
begin
  for settings in
    select r.* from public.reminder_settings r
    where r.is_enabled and r.next_due_at <= p_now
    order by r.next_due_at
    limit p_limit
    for update skip locked
  loop
    begin
      -- The first run after the chosen time is not late: otherwise a time just before the quiet hours would never come.
      local_now := case
        when not settings.is_released and p_now <= settings.next_due_at + interval '10 minutes' then settings.next_due_at
        else p_now
      end at time zone settings.time_zone;
    exception when invalid_parameter_value then
      -- A name that a newer version of Postgres no longer knows must not stop the reminders of others.
      update public.reminder_settings r set time_zone = 'Asia/Seoul' where r.user_id = settings.user_id;
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end;
    -- Late, for example after an outage.
    if private.is_quiet(settings, local_now::time) then
      update public.reminder_settings r set next_due_at = private.quiet_end(settings, p_now)
      where r.user_id = settings.user_id;
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end if;
    -- What is late, or was released, counts for its own day, also after midnight, but not shortly before the next one.
    claimed_day := case
      when settings.is_released then settings.last_day
      else (settings.next_due_at at time zone settings.time_zone)::date
    end;
    if claimed_day <> local_now::date - 1
      or private.next_reminder(settings, p_now) < p_now + interval '12 hours'
    then
      claimed_day := local_now::date;
    end if;
    -- Not twice for one day.
    is_due := case
      when settings.is_released then settings.last_day = claimed_day
      else settings.last_day is null or settings.last_day < claimed_day
    end;
    if is_due then
      settings.attempts := case when settings.is_released then settings.attempts else 0 end;
      settings.last_day := claimed_day;
      settings.last_sent_at := p_now;
    end if;
    update public.reminder_settings r
    set last_day = settings.last_day, last_sent_at = settings.last_sent_at, attempts = settings.attempts,
        is_released = false, next_due_at = private.next_reminder(settings, p_now)
    where r.user_id = settings.user_id;
    if not is_due then
      return query select settings.user_id, null::date, settings.language, '{}'::text[], '[]'::jsonb, 0, null, null::uuid;
      continue;
    end if;

    due_tokens := array(
      select t.token from public.push_tokens t where t.user_id = settings.user_id order by t.registered_at desc
    );
    if exists (select from public.account_deletions d where d.user_id = settings.user_id) then
      due_tokens := '{}';
    end if;
    select u.email into due_email from auth.users u
    where u.id = settings.user_id and p_with_mails and settings.by_mail
      -- A person whose address another one signed up with gets no mails.
      and u.email_confirmed_at is not null
      and not exists (select from public.account_deletions d where d.user_id = settings.user_id);
    -- The days count from when it is sent, which may be after the midnight of its day.
    select coalesce(jsonb_agg(jsonb_build_object('name', v.name, 'days_left', v.expires_on - local_now::date)
        order by v.expires_on, v.name) filter (where v.place <= 10), '[]'), count(*)
    into due_items, due_count
    from (
      select i.name, i.expires_on, row_number() over (order by i.expires_on, i.name) as place
      from public.inventory i
      where i.user_id = settings.user_id and i.consumed_at is null
        -- What passed its date yesterday is mentioned once more.
        and (cardinality(due_tokens) > 0 or due_email is not null)
        and i.expires_on between local_now::date - 1 and local_now::date + settings.days_before
    ) v;
    return query
      select settings.user_id, settings.last_day, settings.language, due_tokens, due_items, due_count, due_email,
        settings.mail_token;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION public.claim_reminders(p_limit integer, p_now timestamp with time zone, p_with_mails boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.claim_reminders(p_limit integer, p_now timestamp with time zone, p_with_mails boolean) TO service_role;
COMMENT ON FUNCTION public.claim_reminders(p_limit integer, p_now timestamp with time zone, p_with_mails boolean) IS 'Claims users whose reminder is due, up to p_limit, and returns what to send to whom: the first 10 items, [{name, days_left}], the earliest first, and their number. A claim counts as the reminder of that day, so that a worker that dies sends none rather than two. With p_with_mails, the confirmed addresses of users who want mails are returned, too. Users that nothing can be sent to, or without anything due, are returned without items, so that the end is known: no row.';

-- public.complete_receipt

CREATE FUNCTION public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
  result jsonb;
  store text;
  purchase_time timestamp;
  total_amount integer;
  original uuid;
  photo_is_stored boolean;
begin
  select r.* into receipt
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.id = p_receipt_id and l.token = p_lease_token
  for update of r;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    -- The same result, repeated, or a result that arrives after the receipt was given up.
    return case receipt.status when 'done' then 'done' else 'stale' end;
  end if;

  result := private.json_argument(p_result);
  store := result #>> '{receipt,store}';
  purchase_time := (result #>> '{receipt,purchased_at}')::timestamp;
  total_amount := (result #>> '{receipt,total}')::integer;

  -- Serialises two photos of one receipt that complete at the same time, so that the second is marked as a duplicate.
  perform private.lock_user(receipt.user_id);
  receipt.store_name := store;
  receipt.store_key := private.text_key(store);
  receipt.purchased_at := purchase_time;
  receipt.total := total_amount;
  original := private.original_of(receipt);

  -- The photo may have been deleted while it was read. Its deletion waits for the lock on the receipt, or has committed.
  photo_is_stored := receipt.photo_deleted_at is null and exists (
    select from storage.objects o
    where o.bucket_id = receipt.bucket and o.name = receipt.object_path
      and coalesce(o.version, o.id::text) = receipt.object_version
  );

  insert into public.receipt_items (
    receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, discount, barcode,
    gtin14, kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain_fields, storage,
    purchased_on, expires_on, box, status
  )
  select receipt.id, n.* from private.items_of_result(receipt, result, store, purchase_time) n;
  perform private.request_products(receipt.id);

  update public.receipts
  set status = 'done', processed_at = now(), lease_until = null, error_code = null, error_detail = null,
      attempts = receipt.attempts + 1, outages = 0, reads_alone = false,
      store_name = store, purchased_at = purchase_time, total = total_amount,
      currency = coalesce(result #>> '{receipt,currency}', 'KRW'),
      duplicate_of = original,
      raw_lines = case when photo_is_stored then result -> 'lines' else '[]' end,
      photo_deleted_at = case when not photo_is_stored then coalesce(receipt.photo_deleted_at, now()) end,
      warnings = result -> 'warnings', uncertain_fields = private.uncertain_fields_of_result(receipt, result),
      contract_version = result ->> 'contract_version',
      model_versions = result -> 'model_versions', timings = result -> 'timings_ms'
  where id = receipt.id;
  perform private.note_printed_names(receipt.id);
  return 'done';
exception when data_exception or integrity_constraint_violation then
  raise exception using
    errcode = 'invalid_parameter_value', message = 'The result does not match the contract: ' || sqlerrm;
end
$$;
REVOKE ALL ON FUNCTION public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) TO service_role;
COMMENT ON FUNCTION public.complete_receipt(p_receipt_id uuid, p_lease_token uuid, p_result jsonb) IS 'Stores a result of the OCR service (contract version 1.1), without the printed lines if the photo has been deleted meanwhile. Returns done, or stale if another worker holds the lease; then nothing changes. A result that does not match the contract raises SQLSTATE 22023.';

-- public.consume_inventory_item

CREATE FUNCTION public.consume_inventory_item(inventory_id uuid, remaining double precision DEFAULT 0, reason text DEFAULT 'eaten'::text) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  item public.inventory := private.lock_inventory_item($1);
  used_up constant boolean := $2 = 0;
begin
  if $2 is null or not $2 between 0 and item.quantity then
    perform private.refuse(422, 'invalid_remaining', format('remaining must be between 0 and %s.', item.quantity));
  elsif $3 is null or $3 not in ('eaten', 'thrown_away', 'given_away') then
    perform private.refuse(422, 'unknown_reason', 'reason must be eaten, thrown_away or given_away.');
  end if;
  update public.inventory v
  set quantity = $2, consumed_at = case when used_up then coalesce(v.consumed_at, now()) end,
      consumed_reason = case when used_up then $3 end
  where v.id = item.id
  returning * into item;
  -- Also corrects the reason if the call is repeated with another one, unless the quantity was changed in between.
  update public.inventory_history h
  set reason = $3, share = greatest(1e-9, least(
    ((h.changes #>> '{quantity,0}')::double precision - item.quantity) / item.bought_quantity, 1
  ))
  where h.id = (
    select max(latest.id) from public.inventory_history latest
    where latest.inventory_id = item.id and latest.changes ? 'quantity'
  ) and h.action = 'consumed';
  return item;
end
$_$;
REVOKE ALL ON FUNCTION public.consume_inventory_item(inventory_id uuid, remaining double precision, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.consume_inventory_item(inventory_id uuid, remaining double precision, reason text) TO authenticated;
GRANT ALL ON FUNCTION public.consume_inventory_item(inventory_id uuid, remaining double precision, reason text) TO service_role;
COMMENT ON FUNCTION public.consume_inventory_item(inventory_id uuid, remaining double precision, reason text) IS 'Sets the remaining quantity of an inventory item of the calling user; 0 marks it as used up. reason says what became of the rest: eaten, thrown_away or given_away. Idempotent, because it takes the remaining quantity, not the quantity taken; repeated with another reason, it corrects the reason. Errors by hint: inventory_item_not_found, invalid_remaining, unknown_reason. Runs as its owner, which writes the columns and the lock that users have no grant for.';

-- public.correct_category

CREATE FUNCTION public.correct_category(receipt_item_id uuid, category text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  item public.receipt_items;
  receipt public.receipts;
  new_category public.categories;
  estimate private.shelf_life;
begin
  perform private.require_user();
  item := private.lock_receipt_item($1);
  select * into new_category from public.categories c where c.code = $2;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  end if;
  perform private.count_call('category_feedback', 60);

  if item.decided_by <> 'user' or item.category_id <> new_category.id then
    select * into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(item.name, new_category.id);
    update public.receipt_items
    set category_id = new_category.id, decided_by = 'user',
        uncertain_fields = private.unsettled(item.uncertain_fields, '{category,expires_on}'),
        kind = case when new_category.is_food then 'food' else 'non_food' end,
        storage = case when new_category.id = item.category_id then item.storage else estimate.storage end,
        expires_on = case when new_category.id = item.category_id then item.expires_on
          else coalesce(item.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at))
            + estimate.min_days end
    where id = item.id;
    perform private.note_feedback(item.id);
    if new_category.id <> item.category_id or item.decided_by <> 'model' then
      perform private.learn(item.id);
    end if;
    if new_category.id <> item.category_id then
      perform private.recategorise_lot(item, new_category.id, estimate.storage);
    end if;
  end if;
  return private.review_item(item.id);
end
$_$;
REVOKE ALL ON FUNCTION public.correct_category(receipt_item_id uuid, category text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.correct_category(receipt_item_id uuid, category text) TO authenticated;
GRANT ALL ON FUNCTION public.correct_category(receipt_item_id uuid, category text) TO service_role;
COMMENT ON FUNCTION public.correct_category(receipt_item_id uuid, category text) IS 'Sets the category of a line item of the calling user, which may be in the inventory already. The category applies at once, is stored as an alias for their next receipts, and is recorded as feedback. Returns the line item as review_receipt does. Idempotent. Errors by hint: item_not_found, unknown_category, rate_limited. Runs as its owner, because users may not write receipt_items and feedback.';

-- public.correct_inventory_item

CREATE FUNCTION public.correct_inventory_item(inventory_id uuid, changes jsonb) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  types constant jsonb := jsonb '{
    "name": "string", "category": "string", "quantity": "number", "unit": "string", "price": "number",
    "purchased_on": "string", "expires_on": "string"
  }';
  edit jsonb;
  item public.inventory;
  before public.inventory;
  usual private.shelf_life; -- before the correction
  new_quantity double precision;
  new_category_id smallint;
begin
  edit := case when octet_length($2::text) <= 10000 then private.json_argument($2) end;
  if jsonb_typeof(edit) is distinct from 'object'
    or exists (select from jsonb_object_keys(edit) member where not types ? member)
  then
    perform private.refuse(
      422, 'invalid_item', 'changes may have name, category, quantity, unit, price, purchased_on and expires_on.'
    );
  elsif not private.has_types(edit, types) then
    perform private.refuse(422, 'invalid_item', 'quantity and price must be numbers, the other changes strings.');
  end if;
  item := private.lock_inventory_item($1);
  before := item;
  if item.consumed_at is not null and edit ? 'quantity' then
    perform private.refuse(409, 'already_consumed', 'The item is already consumed.');
  end if;
  if edit ? 'category' then
    select c.id into new_category_id from public.categories c where c.code = edit ->> 'category';
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
  end if;
  new_quantity := case when edit ? 'quantity' then (edit ->> 'quantity')::double precision else item.quantity end;
  if edit ? 'quantity' and not coalesce(new_quantity > 0 and new_quantity < 1000000, false) then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  end if;
  item.name := case when edit ? 'name' then private.clean_name(edit ->> 'name') else item.name end;
  item.category_id := coalesce(new_category_id, item.category_id);
  item.unit := case when edit ? 'unit' then private.clean_unit(edit ->> 'unit') else item.unit end;
  item.price := case when edit ? 'price' then (edit ->> 'price')::integer else item.price end;
  if edit ? 'purchased_on' then
    item.purchased_on := private.day(edit ->> 'purchased_on');
    if item.purchased_on > private.today() + 1 then
      perform private.refuse(422, 'date_in_future', 'The date is in the future.');
    end if;
    perform private.check_purchase_day(before, item.purchased_on);
  end if;
  if edit ? 'expires_on' and (
    private.day(edit ->> 'expires_on') is distinct from item.expires_on
    -- That the package has the estimated date is news, too.
    or item.expires_on is not null and item.expiry_basis <> 'package'
  ) then
    item.expires_on := private.day(edit ->> 'expires_on');
    item.package_expires_on := item.expires_on;
    item.expiry_basis := case when item.expires_on is not null then 'package' end;
    item.expiry_source := null;
  elsif not edit ? 'expires_on'
    and (item.category_id, item.purchased_on) is distinct from (before.category_id, before.purchased_on)
    and num_nulls(item.moved_on, item.opened_on) = 2
  then
    usual := private.shelf_life(before.name, before.category_id);
    if item.category_id <> before.category_id and item.storage is not distinct from usual.storage then
      item.storage := (private.shelf_life(item.name, item.category_id)).storage;
    end if;
    -- A date that the user has removed does not come back.
    if item.expiry_basis = 'purchase' or item.expires_on is null and usual.min_days is null then
      item := private.estimated(item);
    end if;
  end if;
  update public.inventory v
  set name = item.name, category_id = item.category_id, quantity = new_quantity, storage = item.storage,
      bought_quantity = case when new_quantity = v.quantity then v.bought_quantity
        else least(greatest(v.bought_quantity * new_quantity / v.quantity, new_quantity), 999999) end,
      unit = item.unit, price = item.price, purchased_on = item.purchased_on, expires_on = item.expires_on,
      package_expires_on = item.package_expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where v.id = item.id
  returning * into item;
  return item;
exception
  when check_violation or not_null_violation or data_exception then
    -- Not sqlerrm: it contains the value.
    perform private.refuse(422, 'invalid_item', 'A field of changes has an invalid value.');
    return null; -- not reached
end
$_$;
REVOKE ALL ON FUNCTION public.correct_inventory_item(inventory_id uuid, changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.correct_inventory_item(inventory_id uuid, changes jsonb) TO authenticated;
GRANT ALL ON FUNCTION public.correct_inventory_item(inventory_id uuid, changes jsonb) TO service_role;
COMMENT ON FUNCTION public.correct_inventory_item(inventory_id uuid, changes jsonb) IS 'Corrects an inventory item of the calling user. changes: {name?, category?, quantity?, unit?, price?, purchased_on?, expires_on?}; null removes a unit, price or date. expires_on is the date on the package. An estimated date follows a corrected category or day of purchase, and the usual place the category, unless the item was moved or opened. A corrected quantity is not a consumed one. Idempotent. Errors by hint: inventory_item_not_found, already_consumed, invalid_item, unknown_category, date_in_future, date_out_of_range, purchase_after_step. Runs as its owner, because users may not write inventory.';

-- public.correct_receipt

CREATE FUNCTION public.correct_receipt(receipt_id uuid, store_name text DEFAULT NULL::text, purchased_at text DEFAULT NULL::text, total integer DEFAULT NULL::integer) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  receipt public.receipts;
  new_store text;
  new_time timestamp;
begin
  perform private.require_user();
  receipt := private.lock_receipt($1);
  new_store := case when $2 is null then receipt.store_name else nullif(private.clean_name($2), '') end;
  new_time := coalesce(private.local_moment($3), receipt.purchased_at);
  if $3 ~ '^\d{4}-\d{2}-\d{2}$' then
    new_time := new_time + coalesce(receipt.purchased_at::time, '00:00');
  end if;
  if length($2) > 1000 or length(new_store) > 200 and $2 is not null then
    perform private.refuse(422, 'invalid_receipt', 'store_name must have at most 200 characters.');
  elsif not coalesce($4, 0) between -100000000 and 100000000 then
    perform private.refuse(422, 'invalid_receipt', 'total must be between -100,000,000 and 100,000,000.');
  elsif $3 is not null and new_time::date > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif $3 is not null and not private.dates_are_plausible(new_time::date) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000.');
  end if;
  perform private.count_call('correct_receipt', 60);

  insert into public.receipt_feedback as f (receipt_id, field, user_id, offered, chosen)
  select receipt.id, c.field, receipt.user_id, coalesce(c.offered, 'null'), coalesce(c.chosen, 'null')
  from (
    values
      ('store_name', to_jsonb(receipt.store_name), to_jsonb(new_store)),
      ('purchased_at', to_jsonb(receipt.purchased_at), to_jsonb(new_time)),
      ('total', to_jsonb(receipt.total), to_jsonb(coalesce($4, receipt.total)))
  ) c (field, offered, chosen)
  where c.offered is distinct from c.chosen
  on conflict (receipt_id, field) do update set chosen = excluded.chosen, created_at = now();
  delete from public.receipt_feedback f where f.receipt_id = receipt.id and f.chosen = f.offered;

  perform private.move_purchase_day(
    receipt.id, private.purchase_day(receipt.purchased_at, receipt.created_at),
    private.purchase_day(new_time, receipt.created_at)
  );
  update public.receipts r
  set store_name = new_store, purchased_at = new_time, total = coalesce($4, receipt.total)
  where r.id = receipt.id;
  perform private.settle_receipt(
    receipt.id,
    case when $2 is not null and new_store is not null then array['no_store'] else '{}' end
      || case when $3 is not null then array['no_purchase_date', 'unsure_purchase_date'] else '{}' end
      || case when $4 is not null then array['no_total'] else '{}' end,
    array_remove(array[
      case when $2 is not null then 'store_name' end, case when $3 is not null then 'purchased_at' end,
      case when $4 is not null then 'total' end
    ], null)
  );
  perform private.compare_duplicates(receipt.id);
  return public.review_receipt(receipt.id);
exception when data_exception then
  -- Not sqlerrm: it contains the value.
  perform private.refuse(422, 'invalid_receipt', 'An argument has an invalid value.');
  return null; -- not reached
end
$_$;
REVOKE ALL ON FUNCTION public.correct_receipt(receipt_id uuid, store_name text, purchased_at text, total integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.correct_receipt(receipt_id uuid, store_name text, purchased_at text, total integer) TO authenticated;
GRANT ALL ON FUNCTION public.correct_receipt(receipt_id uuid, store_name text, purchased_at text, total integer) TO service_role;
COMMENT ON FUNCTION public.correct_receipt(receipt_id uuid, store_name text, purchased_at text, total integer) IS 'Corrects store, time or total of a receipt of the calling user; what is not given stays. An empty store_name removes it. The time is local, or a moment with its zone; a day alone keeps the time. With the day, the use-by dates of its items follow, and those of inventory rows that are estimates and were neither moved nor opened; days of orders stay. What is given is no longer uncertain, and settled warnings go. What was read is kept as feedback. Returns what review_receipt does. Idempotent. Errors by hint: receipt_not_found, receipt_not_done, invalid_receipt, date_in_future, date_out_of_range, purchase_after_step, rate_limited. Runs as its owner, because users may not write receipts.';

-- public.correct_receipt_item

CREATE FUNCTION public.correct_receipt_item(receipt_item_id uuid, name text DEFAULT NULL::text, quantity double precision DEFAULT NULL::double precision, unit text DEFAULT NULL::text, unit_price integer DEFAULT NULL::integer, amount integer DEFAULT NULL::integer, discount integer DEFAULT NULL::integer, confirmed boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  item public.receipt_items;
  receipt public.receipts;
  lot public.inventory;
  new_item public.receipt_items;
  estimate private.shelf_life;
begin
  perform private.require_user();
  item := private.lock_receipt_item($1);
  new_item := item;
  if length($2) > 1000 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  end if;
  new_item.name := case when $2 is null then item.name else private.clean_name($2) end;
  new_item.quantity := coalesce($3, item.quantity);
  new_item.unit := case when $4 is null then item.unit else private.clean_unit($4) end;
  new_item.unit_price := coalesce($5, item.unit_price);
  new_item.amount := coalesce($6, item.amount);
  new_item.discount := coalesce($7, item.discount);
  -- What the user gives is certain, also if it is what was read.
  new_item.uncertain_fields := case
    when coalesce($8, false) then '{}'
    else private.unsettled(item.uncertain_fields, array_remove(array[
      case when $2 is not null then 'name' end, case when $3 is not null then 'quantity' end,
      case when $5 is not null then 'unit_price' end, case when $6 is not null then 'amount' end
    ], null))
  end;
  perform private.check_item_values(
    case when $2 is null then '-' else new_item.name end, new_item.quantity,
    case when $4 is null then null else new_item.unit end, $5, $6, $7
  );
  perform private.count_call('correct_receipt_item', 120);
  if new_item is not distinct from item then
    return private.review_item(item.id);
  end if;

  perform private.note_item_feedback(
    item.id,
    jsonb_build_object(
      'name', new_item.name, 'quantity', new_item.quantity, 'unit', new_item.unit, 'unit_price', new_item.unit_price,
      'amount', new_item.amount, 'discount', new_item.discount
    ) || case when $8 then '{"uncertain_fields": []}' else '{}' end::jsonb
  );
  update public.receipt_items i
  set quantity = new_item.quantity, unit = new_item.unit, unit_price = new_item.unit_price, amount = new_item.amount,
      discount = new_item.discount, uncertain_fields = new_item.uncertain_fields
  where i.id = item.id;
  if new_item.name <> item.name then
    perform private.decide_receipt_item(item.id, item.status, new_item.name, item.category_id);
    select r.* into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(new_item.name, item.category_id);
    update public.receipt_items i
    set storage = estimate.storage,
        expires_on = coalesce(i.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at))
          + estimate.min_days
    where i.id = item.id and i.status <> 'added';
  end if;
  -- The inventory row follows as far as the user has not changed it.
  select v.* into lot from public.inventory v where v.receipt_item_id = item.id for update;
  if found then
    update public.inventory v
    set name = case when lot.name = item.name then new_item.name else lot.name end,
        unit = case when lot.unit is not distinct from left(item.unit, 20) then left(new_item.unit, 20) else lot.unit end,
        price = case
          when lot.price is not distinct from private.price(item.amount, item.discount)
            then private.price(new_item.amount, new_item.discount)
          else lot.price
        end,
        quantity = case
          when lot.quantity = item.quantity and lot.bought_quantity = item.quantity then new_item.quantity
          else lot.quantity
        end,
        bought_quantity = case
          when lot.quantity = item.quantity and lot.bought_quantity = item.quantity then new_item.quantity
          else lot.bought_quantity
        end
    where v.id = lot.id;
  end if;
  perform private.settle_receipt(item.receipt_id, '{}');
  return private.review_item(item.id);
end
$_$;
REVOKE ALL ON FUNCTION public.correct_receipt_item(receipt_item_id uuid, name text, quantity double precision, unit text, unit_price integer, amount integer, discount integer, confirmed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.correct_receipt_item(receipt_item_id uuid, name text, quantity double precision, unit text, unit_price integer, amount integer, discount integer, confirmed boolean) TO authenticated;
GRANT ALL ON FUNCTION public.correct_receipt_item(receipt_item_id uuid, name text, quantity double precision, unit text, unit_price integer, amount integer, discount integer, confirmed boolean) TO service_role;
COMMENT ON FUNCTION public.correct_receipt_item(receipt_item_id uuid, name text, quantity double precision, unit text, unit_price integer, amount integer, discount integer, confirmed boolean) IS 'Corrects what was read of a line item of the calling user; what is not given stays, and an empty unit removes it. A field that is given, changed or not, is no longer uncertain; with confirmed, none is. amount is the printed amount before discount, which is 0 or less. The inventory row follows as far as it has the values of the line item. What was read is kept as feedback. Returns the line item as review_receipt does. Idempotent. Errors by hint: item_not_found, invalid_item, rate_limited. Runs as its owner, because users may not write receipt_items and feedback.';

-- public.count_api_answers

CREATE FUNCTION public.count_api_answers(p_answers jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.api_answers as a (day, function, status, answers)
  select private.korean_day(now()), c.function, c.status, c.answers
  from jsonb_to_recordset(private.json_argument(p_answers)) as c (function text, status smallint, answers bigint)
  order by c.function, c.status -- a fixed order prevents deadlocks
  on conflict (function, status, day) do update set answers = a.answers + excluded.answers
$$;
REVOKE ALL ON FUNCTION public.count_api_answers(p_answers jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_api_answers(p_answers jsonb) TO service_role;
COMMENT ON FUNCTION public.count_api_answers(p_answers jsonb) IS 'Adds responses to today''s counts: [{function, status, answers}].';

-- public.count_receipts

CREATE FUNCTION public.count_receipts(p_limit integer DEFAULT 1000) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  noted integer;
begin
  -- Counting twice at once would take back old counts twice.
  if not pg_try_advisory_xact_lock(hashtextextended('public.count_receipts', 0)) then
    return 0;
  end if;
  with batch as (
    delete from private.changed_receipts c
    where c.id in (select b.id from private.changed_receipts b order by b.id limit p_limit)
    returning c.receipt_id
  ), receipt as materialized (
    select r.id, private.korean_day(r.created_at) as day
    from public.receipts r
    left join private.receipt_facts f on f.receipt_id = r.id
    where r.id in (select b.receipt_id from batch b)
      and (f.receipt_id is not null or r.created_at > now() - interval '60 days')
  ), fact as materialized (
    select f.* from private.facts_of(array(select r.id from receipt r)) f
  ), difference as (
    select d.metric, d.at, d.labels, sum(d.n)::bigint as n
    from (
      select f.metric, f.at, f.labels, f.n from fact f
      union all
      select x.fact ->> 0, (x.fact ->> 1)::timestamptz, x.fact -> 2, -(x.fact ->> 3)::bigint
      from receipt r
      join private.receipt_facts s on s.receipt_id = r.id
      cross join lateral jsonb_array_elements(s.facts) x (fact)
    ) d
    group by d.metric, d.at, d.labels
    having sum(d.n) <> 0
  ), counted as (
    insert into private.counts as c (metric, at, labels, n)
    select d.metric, d.at, d.labels, d.n from difference d
    on conflict (metric, at, labels) do update set n = c.n + excluded.n
    returning 1
  ), kept as (
    insert into private.receipt_facts as s (receipt_id, day, facts)
    select r.id, r.day, coalesce(f.facts, '[]')
    from receipt r
    left join (
      select a.receipt_id, jsonb_agg(jsonb_build_array(a.metric, a.at, a.labels, a.n)) as facts
      from fact a group by a.receipt_id
    ) f on f.receipt_id = r.id
    on conflict (receipt_id) do update set facts = excluded.facts
    returning 1
  )
  select count(*)::integer into noted from batch, (select count(*) from counted) c, (select count(*) from kept) k;

  delete from private.receipt_facts f
  where f.receipt_id in (
    select o.receipt_id from private.receipt_facts o where o.day < private.today() - 60 order by o.day limit p_limit
  );
  delete from private.receipt_attempts a
  where a.id in (
    select o.id from private.receipt_attempts o where o.started_at < now() - interval '30 days'
    order by o.started_at limit p_limit
  );
  delete from private.counts c
  where (c.metric = 'receipts_ended' and c.at < now() - interval '3 days')
    or (c.metric = 'changes' and c.at < now() - interval '40 days');
  if not exists (select from private.cached_figures f where f.made_at > now() - interval '5 minutes') then
    -- The condition is true for every row: the Data API's connections refuse a DELETE without one (safeupdate).
    delete from private.cached_figures f where f.made_at <= now();
    insert into private.cached_figures (metric, labels, value, made_at)
    select u.metric, u.labels, u.value, now()
    from (
      select * from private.use_figures(now())
      union all
      select * from private.month_figures(now())
      union all
      select * from private.audit_figures(now())
      union all
      select * from private.reading_figures(now())
    ) u;
  end if;
  return noted;
end
$$;
REVOKE ALL ON FUNCTION public.count_receipts(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.count_receipts(p_limit integer) TO service_role;
COMMENT ON FUNCTION public.count_receipts(p_limit integer) IS 'Counts the receipts that have changed, up to p_limit changes, and forgets what receipts of more than 60 days ago counted for, and attempts of more than 30 days ago. Refreshes private.cached_figures every five minutes. Returns the number of changes; 0 also if another call is counting.';

-- public.delete_canaries

CREATE FUNCTION public.delete_canaries() RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with requested as (
    insert into public.account_deletions (user_id)
    select u.id from auth.users u
    where u.email like 'canary-%@jangbogi.invalid' and u.created_at < now() - interval '1 hour'
    on conflict (user_id) do nothing
    returning 1
  )
  select count(*)::integer from requested
$$;
REVOKE ALL ON FUNCTION public.delete_canaries() FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_canaries() TO service_role;
COMMENT ON FUNCTION public.delete_canaries() IS 'Requests the deletion of canary users older than an hour, whose runs were interrupted. No other user can have such an address, because it must be confirmed and the domain receives no mail. Returns their number.';

-- public.delete_inventory_item

CREATE FUNCTION public.delete_inventory_item(inventory_id uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  lot public.inventory;
  deletion_time timestamptz;
begin
  perform private.require_user();
  -- Before its row, as calls on the receipt do, which lock the line item first.
  perform private.lock_user((select private.owner_id()));
  select * into lot from public.inventory v
  where v.id = $1 and v.user_id = (select private.owner_id())
  for update;
  if found then
    perform private.set_lot_aside(lot);
  end if;
  select d.deleted_at into deletion_time
  from private.deleted_inventory d
  where d.inventory_id = $1 and d.user_id = (select private.owner_id()) and private.can_be_restored(d.deleted_at);
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return deletion_time + private.undo_time();
end
$_$;
REVOKE ALL ON FUNCTION public.delete_inventory_item(inventory_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_inventory_item(inventory_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.delete_inventory_item(inventory_id uuid) TO service_role;
COMMENT ON FUNCTION public.delete_inventory_item(inventory_id uuid) IS 'Deletes an inventory item of the calling user that was added by mistake, with its history: it counts neither as eaten nor as thrown away. Its line item becomes dismissed. Returns the time until which restore_inventory_item undoes this. Idempotent. Errors by hint: inventory_item_not_found. Runs as its owner, because users may not write inventory.';

-- public.delete_receipt

CREATE FUNCTION public.delete_receipt(receipt_id uuid, with_inventory boolean DEFAULT false) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  receipt public.receipts;
  lot public.inventory;
begin
  perform private.count_call('delete_receipt', 120);
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = $1 and r.user_id = (select private.owner_id())
  for update;
  if not found or not private.can_be_restored(receipt.deleted_at) or receipt.joined_into is not null then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  end if;
  if coalesce($2, false) then
    for lot in
      select v.* from public.inventory v
      join public.receipt_items i on i.id = v.receipt_item_id
      where i.receipt_id = receipt.id
      for update of v
    loop
      -- With the time of the receipt, which restore_receipt finds it by, also if that was deleted earlier.
      perform private.set_lot_aside(lot, coalesce(receipt.deleted_at, now()));
    end loop;
  end if;
  if receipt.deleted_at is null then
    if receipt.status in ('queued', 'processing') then
      delete from private.receipt_leases l where l.receipt_id = receipt.id;
    end if;
    update public.receipts r
    set deleted_at = now(), lease_until = null,
        status = case when r.status in ('queued', 'processing') then 'failed' else r.status end,
        error_code = case when r.status in ('queued', 'processing') then 'deleted' else r.error_code end,
        error_detail = case when r.status in ('queued', 'processing') then null else r.error_detail end
    where r.id = receipt.id
    returning * into receipt;
    perform private.compare_duplicates(receipt.id);
  end if;
  return receipt.deleted_at + private.undo_time();
end
$_$;
REVOKE ALL ON FUNCTION public.delete_receipt(receipt_id uuid, with_inventory boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.delete_receipt(receipt_id uuid, with_inventory boolean) TO authenticated;
GRANT ALL ON FUNCTION public.delete_receipt(receipt_id uuid, with_inventory boolean) TO service_role;
COMMENT ON FUNCTION public.delete_receipt(receipt_id uuid, with_inventory boolean) IS 'Deletes a receipt of the calling user and, with with_inventory, the inventory rows that came from it, also if the receipt is deleted already. A receipt that waits to be read is not read any more. Returns the time until which restore_receipt undoes this; after it the photo and the rows are gone. Idempotent. Errors by hint: unauthorized, receipt_not_found, rate_limited. Runs as its owner, because users may not write receipts.';

-- public.due_push_tickets

CREATE FUNCTION public.due_push_tickets(p_limit integer, p_now timestamp with time zone DEFAULT now()) RETURNS SETOF text
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- Expo forgets them after a day.
  delete from private.push_tickets t where t.sent_at < p_now - interval '24 hours';
  -- Those that Expo has no answer for go to the end, so that they hold up no others.
  with due as (
    update private.push_tickets t
    set due_at = p_now + interval '15 minutes'
    from (
      select d.ticket_id, d.due_at from private.push_tickets d
      where d.due_at <= p_now
      order by d.due_at, d.ticket_id
      limit p_limit
      for update skip locked
    ) old
    where t.ticket_id = old.ticket_id
    returning t.ticket_id, old.due_at
  )
  select due.ticket_id from due order by due.due_at, due.ticket_id
$$;
REVOKE ALL ON FUNCTION public.due_push_tickets(p_limit integer, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.due_push_tickets(p_limit integer, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.due_push_tickets(p_limit integer, p_now timestamp with time zone) IS 'Tickets of at least 15 minutes ago whose delivery is not known yet, those that are due for longest first. One that is not settled is due again 15 minutes later. Forgets those of a day ago.';

-- public.due_rereads

CREATE FUNCTION public.due_rereads(p_run text, p_task integer, p_tasks integer, p_limit integer) RETURNS TABLE(receipt_id uuid, bucket text, object_path text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  if not exists (select from private.reread_runs o where o.name = p_run and o.is_planned) then
    perform private.refuse(404, 'run_not_planned', 'The run has not been planned, or has been planned only in part.');
  end if;
  return query
  select r.id, r.bucket, r.object_path
  from private.rereads x
  join public.receipts r on r.id = x.receipt_id
  where x.run_name = p_run and x.state = 'waiting' and x.place % p_tasks = p_task
  order by x.outages, x.place
  limit p_limit;
end
$$;
REVOKE ALL ON FUNCTION public.due_rereads(p_run text, p_task integer, p_tasks integer, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.due_rereads(p_run text, p_task integer, p_tasks integer, p_limit integer) TO service_role;
COMMENT ON FUNCTION public.due_rereads(p_run text, p_task integer, p_tasks integer, p_limit integer) IS 'The next receipts of a run that task p_task (from 0) of p_tasks has to read; those whose photos could not be had come last. Errors by hint: run_not_planned.';

-- public.end_reminder_mails

CREATE FUNCTION public.end_reminder_mails(p_token uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.reminder_settings r set by_mail = false where r.mail_token = p_token and r.by_mail
$$;
REVOKE ALL ON FUNCTION public.end_reminder_mails(p_token uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.end_reminder_mails(p_token uuid) TO service_role;
COMMENT ON FUNCTION public.end_reminder_mails(p_token uuid) IS 'Sends the user whose mails contain this token no more of them. Idempotent; does not tell whether the token exists.';

-- public.expiring_soon

CREATE FUNCTION public.expiring_soon(days integer DEFAULT 3) RETURNS TABLE(inventory_id uuid, name text, category text, quantity double precision, unit text, storage text, expires_on date, days_left integer, is_estimate boolean, price integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
begin
  perform private.count_call('statistics', 120);
  if $1 is null or not $1 between 0 and 365 then
    perform private.refuse(422, 'invalid_period', 'days must be from 0 to 365.');
  end if;
  return query
    select v.id, v.name, c.code, v.quantity, v.unit, v.storage, v.expires_on, v.expires_on - (select private.today()),
      v.expiry_basis is distinct from 'package', v.price
    from public.inventory v
    join public.categories c on c.id = v.category_id
    where v.user_id = (select private.owner_id()) and v.consumed_at is null
      and v.expires_on <= (select private.today()) + $1
    order by v.expires_on, v.created_at, v.id
    limit 500;
end
$_$;
REVOKE ALL ON FUNCTION public.expiring_soon(days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.expiring_soon(days integer) TO authenticated;
GRANT ALL ON FUNCTION public.expiring_soon(days integer) TO service_role;
COMMENT ON FUNCTION public.expiring_soon(days integer) IS 'What of the calling user''s inventory reaches its use-by date within some days, or has passed it: the earliest first, at most 500. days_left is negative after the date. Errors by hint: invalid_period, rate_limited. Runs as its owner, for one plan with all statistics.';

-- public.export_inventory

CREATE FUNCTION public.export_inventory(format text DEFAULT 'csv'::text, page integer DEFAULT 0) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  lines jsonb;
begin
  perform private.begin_file($1, $2);
  select coalesce(jsonb_agg(jsonb_build_array(
    v.name, c.code, v.quantity, v.unit, v.storage, v.purchased_on, v.expires_on, v.expiry_basis, v.opened_on, v.price,
    v.gtin14, v.consumed_at, v.consumed_reason
  ) order by v.place), '[]') into lines
  from (
    select row_number() over (order by i.created_at, i.id) as place, i.* from public.inventory i
    where i.user_id = (select private.owner_id())
    order by 1 offset $2::bigint * 2000 limit 2000
  ) v
  join public.categories c on c.id = v.category_id;
  return private.as_file(
    $1, $2,
    array['name', 'category', 'quantity', 'unit', 'storage', 'purchased_on', 'expires_on', 'expiry_basis', 'opened_on',
      'price', 'barcode', 'consumed_at', 'consumed_reason'],
    lines
  );
end
$_$;
REVOKE ALL ON FUNCTION public.export_inventory(format text, page integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.export_inventory(format text, page integer) TO authenticated;
GRANT ALL ON FUNCTION public.export_inventory(format text, page integer) TO service_role;
COMMENT ON FUNCTION public.export_inventory(format text, page integer) IS 'The calling user''s inventory, also what is used up, as CSV or as JSON, in pages of 2000 rows: the first page of CSV begins with a header, and a page without rows (empty, or []) is past the end. Each page counts as one of export_pages_per_day. Errors by hint: unknown_format, invalid_period, rate_limited. Runs as its owner, because users may not write their quotas.';

-- public.export_my_data

CREATE FUNCTION public.export_my_data(page integer DEFAULT 0) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  page_rows constant integer := 1000;
  caller_id constant uuid := (select auth.uid());
  first_row constant bigint := greatest(page, 0)::bigint * page_rows;
  owned record;
  page_of_table jsonb;
  tables jsonb := jsonb_build_object();
  account jsonb;
  is_last boolean := true;
begin
  perform private.require_user();
  perform private.use_quota('export_pages', 1);
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'created_at', u.created_at, 'last_sign_in_at', u.last_sign_in_at
  ) into account
  from auth.users u where u.id = caller_id;

  for owned in
    -- Every table whose rows belong to a user, as in forget_user, or to a receipt.
    select c.conrelid::regclass as relation, r.relname as name, format('t.%I = $1', a.attname) as belongs,
      't.*' as shown, 1000 as page_rows
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class r on r.oid = c.conrelid
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'auth.users'::regclass
      and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
    union all
    select c.conrelid::regclass, r.relname,
      format('t.%I in (select o.id from public.receipts o where o.user_id = $1)', a.attname),
      case c.conrelid
        -- Without the token, which is a worker's.
        when 'private.receipt_leases'::regclass then 't.receipt_id, t.leased_at, t.object_path'
        else 't.*'
      end, 1000
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class r on r.oid = c.conrelid
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'public.receipts'::regclass and c.confdeltype = 'c'
      and not exists (
        select from pg_catalog.pg_constraint u
        where u.conrelid = c.conrelid and u.contype = 'f' and u.confrelid = 'auth.users'::regclass
      )
    union all
    -- Crops are rows, not objects of Storage; a page of them is a few megabytes at most.
    select 'private.reading_crops'::regclass, 'reading_crops',
      't.sample_id in (select s.id from private.reading_samples s where s.user_id = $1)',
      't.sample_id, translate(encode(t.png, ''base64''), E''\n'', '''') as png', 50
    union all
    -- Without the annotator, who is another person.
    select 'public.line_transcriptions'::regclass, 'line_transcriptions',
      't.sample_id in (select s.id from private.reading_samples s where s.user_id = $1)',
      't.sample_id, t.line_text, t.annotated_at', 1000
    order by 2
  loop
    execute format(
      'select coalesce(jsonb_agg(to_jsonb(t) order by t.row_in_page), ''[]'') from ('
      'select row_number() over (order by %s) as row_in_page, %s from %s t where %s order by 1 offset $2 limit $3) t',
      (
        select string_agg(format('t.%I', a.attname), ', ' order by k.position)
        from pg_catalog.pg_index i
        cross join lateral unnest(i.indkey::smallint[]) with ordinality k (attnum, position)
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
        where i.indrelid = owned.relation and i.indisprimary
      ),
      owned.shown, owned.relation, owned.belongs
    ) into page_of_table
    using caller_id, greatest(page, 0)::bigint * owned.page_rows, owned.page_rows;
    tables := tables || jsonb_build_object(
      owned.name, (select coalesce(jsonb_agg(row - 'row_in_page'), '[]') from jsonb_array_elements(page_of_table) row)
    );
    is_last := is_last and jsonb_array_length(page_of_table) < owned.page_rows;
  end loop;

  select coalesce(jsonb_agg(o.name order by o.name), '[]') into page_of_table
  from (
    select o.name from storage.objects o
    where o.bucket_id = 'ocr' and starts_with(o.name, caller_id::text || '/')
    order by o.name offset first_row limit page_rows
  ) o;
  return jsonb_build_object(
    'format', 1, 'page', greatest(page, 0), 'exported_at', now(), 'account', account, 'tables', tables,
    'photos', page_of_table,
    'next_page', case
      when not (is_last and jsonb_array_length(page_of_table) < page_rows) then greatest(page, 0) + 1
    end
  );
end
$_$;
REVOKE ALL ON FUNCTION public.export_my_data(page integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.export_my_data(page integer) TO authenticated;
GRANT ALL ON FUNCTION public.export_my_data(page integer) TO service_role;
COMMENT ON FUNCTION public.export_my_data(page integer) IS 'A copy of everything that is stored about the calling user: account, the rows of every table by table name, and the paths of the photos in the bucket ocr, which the user can download. Crops of corrected lines are PNG images in base64. Up to 1000 rows per table and page, 50 crops; next_page is null on the last page. Limited to export_pages per day (setting export_pages_per_day). Runs as its owner, because users may not read auth.users and the private tables.';

-- public.export_spending

CREATE FUNCTION public.export_spending(format text DEFAULT 'csv'::text, page integer DEFAULT 0) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  lines jsonb;
begin
  perform private.begin_file($1, $2);
  select coalesce(jsonb_agg(jsonb_build_array(
    p.bought_on, p.store_name, p.name, c.code, p.quantity, p.unit, p.unit_price, p.amount, p.discount,
    p.amount::bigint + p.discount, p.barcode, p.receipt_id
  ) order by p.place), '[]') into lines
  from (
    select row_number() over (order by r.created_at, r.id, i.line_no) as place,
      coalesce(i.purchased_on, (coalesce(r.purchased_at, r.created_at at time zone 'Asia/Seoul'))::date) as bought_on,
      r.store_name, i.*
    from public.receipts r
    join public.receipt_items i on i.receipt_id = r.id
    where r.user_id = (select private.owner_id()) and r.status = 'done' and r.deleted_at is null
      and r.duplicate_of is null
    order by 1 offset $2::bigint * 2000 limit 2000
  ) p
  join public.categories c on c.id = p.category_id;
  return private.as_file(
    $1, $2,
    array['bought_on', 'store', 'name', 'category', 'quantity', 'unit', 'unit_price', 'amount', 'discount', 'won',
      'barcode', 'receipt_id'],
    lines
  );
end
$_$;
REVOKE ALL ON FUNCTION public.export_spending(format text, page integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.export_spending(format text, page integer) TO authenticated;
GRANT ALL ON FUNCTION public.export_spending(format text, page integer) TO service_role;
COMMENT ON FUNCTION public.export_spending(format text, page integer) IS 'The items of the calling user''s receipts, without duplicates, as export_inventory: won is amount plus discount. Errors by hint: unknown_format, invalid_period, rate_limited. Runs as its owner, because users may not write their quotas.';

-- public.fail_receipt

CREATE FUNCTION public.fail_receipt(p_receipt_id uuid, p_lease_token uuid, p_code text, p_detail text, p_retryable boolean, p_retry_after_seconds integer DEFAULT NULL::integer, p_counts_attempt boolean DEFAULT true, p_crashed boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
  attempts_used integer;
  outages_in_row integer := 0;
  was_moved boolean;
  is_missing boolean;
  is_final boolean;
  delay_s double precision;
begin
  select r.* into receipt
  from public.receipts r join private.receipt_leases l on l.receipt_id = r.id
  where r.id = p_receipt_id and l.token = p_lease_token
  for update of r;
  if not found then
    return 'stale';
  end if;
  if receipt.status <> 'processing' then
    return receipt.status; -- the same call, repeated
  end if;
  if p_crashed then
    return private.end_crash(receipt, p_code, p_detail);
  end if;
  -- Its user moved the photo between the claim and the download: it is read from its new path, at once.
  was_moved := p_code = 'photo_missing' and exists (
    select from private.receipt_leases l where l.receipt_id = receipt.id and l.object_path <> receipt.object_path
  );
  attempts_used := receipt.attempts + (p_counts_attempt and not was_moved)::integer;
  if not p_counts_attempt then
    outages_in_row := case when receipt.error_code = p_code then receipt.outages + 1 else 1 end;
  end if;
  -- The row of the photo may be there without its bytes, which Storage reports as an outage that never ends.
  is_missing := p_code = 'photo_unavailable'
    and outages_in_row >= coalesce(private.setting('max_outages')::integer, 1000);
  is_final := not was_moved and (is_missing or not p_retryable or attempts_used >= private.max_attempts());
  -- Exponential backoff from 5 s, up to 10 min, or up to 1 min in an outage, with jitter: receipts that failed together
  -- are not retried together.
  delay_s := greatest(
    coalesce(p_retry_after_seconds, 0),
    case
      when was_moved then 0
      when p_counts_attempt then least(600, 5 * 2 ^ least(attempts_used - 1, 10))
      else least(60, 5 * 2 ^ least(outages_in_row - 1, 10))
    end
  ) * (1 + random() / 4);
  update public.receipts r
  set status = case when is_final then 'failed' else 'queued' end,
      attempts = attempts_used, outages = outages_in_row, lease_until = null,
      reads_alone = r.reads_alone and not p_counts_attempt,
      turn = case when is_final then r.turn else private.next_turn(r.user_id) end,
      next_attempt_at = case when is_final then r.next_attempt_at else now() + make_interval(secs => delay_s) end,
      error_code = case when is_missing then 'photo_missing' else left(p_code, 100) end,
      error_detail = left(p_detail, 500)
  where r.id = p_receipt_id;
  return case when is_final then 'failed' else 'queued' end;
end
$$;
REVOKE ALL ON FUNCTION public.fail_receipt(p_receipt_id uuid, p_lease_token uuid, p_code text, p_detail text, p_retryable boolean, p_retry_after_seconds integer, p_counts_attempt boolean, p_crashed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.fail_receipt(p_receipt_id uuid, p_lease_token uuid, p_code text, p_detail text, p_retryable boolean, p_retry_after_seconds integer, p_counts_attempt boolean, p_crashed boolean) TO service_role;
COMMENT ON FUNCTION public.fail_receipt(p_receipt_id uuid, p_lease_token uuid, p_code text, p_detail text, p_retryable boolean, p_retry_after_seconds integer, p_counts_attempt boolean, p_crashed boolean) IS 'Ends a failed attempt. p_counts_attempt: whether the failure is charged to the photo, false in an outage. p_crashed: the reader died while it had the photo, see private.end_crash. A photo that Storage cannot deliver max_outages times in a row (setting, 1000 by default, about 17 hours) fails as photo_missing; one that was moved after the claim is queued again. Returns queued (to be retried after a backoff), failed (not retryable, or no attempts left) or stale (another worker holds the lease). The photo is kept.';

-- public.fail_reread

CREATE FUNCTION public.fail_reread(p_run text, p_receipt_id uuid, p_code text, p_is_final boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  reread private.rereads;
begin
  select x.* into reread from private.rereads x
  where x.run_name = p_run and x.receipt_id = p_receipt_id for update;
  if not found then
    return 'skipped';
  elsif reread.state <> 'waiting' then
    return reread.state;
  elsif p_is_final or reread.attempts >= 2 then
    return private.end_reread(p_run, p_receipt_id, 'failed', p_code);
  end if;
  update private.rereads x set attempts = x.attempts + 1, code = p_code
  where x.run_name = p_run and x.receipt_id = p_receipt_id;
  return 'waiting';
end
$$;
REVOKE ALL ON FUNCTION public.fail_reread(p_run text, p_receipt_id uuid, p_code text, p_is_final boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.fail_reread(p_run text, p_receipt_id uuid, p_code text, p_is_final boolean) TO service_role;
COMMENT ON FUNCTION public.fail_reread(p_run text, p_receipt_id uuid, p_code text, p_is_final boolean) IS 'Notes that a photo could not be read again. Unless that is final it is tried three times. The receipt stays as it is. Returns the state: failed, waiting, or that in which the receipt was.';

-- public.find_product

CREATE FUNCTION public.find_product(gtin14 text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  perform private.require_user();
  return jsonb_build_object(
    'product', (
      select jsonb_build_object(
        'name', p.name,
        'printed_name', case when p.name !~ '[가-힣]' then (
          select h.name from private.household_names($1, (select private.owner_id())) h
          where h.name ~ '[가-힣]' and h.name <> p.name order by h.place limit 1
        ) end,
        'brand', p.brand, 'quantity_text', p.quantity_text, 'image_url', p.image_url,
        'source', p.source, 'fetched_at', p.fetched_at, 'expires_at', p.expires_at,
        'category', c.code, 'category_ko', c.name_ko, 'category_en', c.name_en, 'confidence', p.confidence,
        'storage', estimate.storage, 'basis', estimate.basis,
        'min_days', estimate.min_days, 'max_days', estimate.max_days, 'rule_source', estimate.source
      )
      from private.known_product($1, (select private.owner_id())) p
      left join public.categories c on c.id = p.category_id
      left join lateral private.shelf_life(p.name, c.id) estimate on c.id is not null
    ),
    'miss', (
      select jsonb_build_object('checked_at', m.checked_at, 'retry_after', m.retry_after)
      from public.product_misses m
      where m.gtin14 = $1
    )
  );
end
$_$;
REVOKE ALL ON FUNCTION public.find_product(gtin14 text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.find_product(gtin14 text) TO authenticated;
GRANT ALL ON FUNCTION public.find_product(gtin14 text) TO service_role;
COMMENT ON FUNCTION public.find_product(gtin14 text) IS 'The stored product or miss of a canonical barcode: {product, miss}, each null if absent. The calling user''s own name takes precedence. Calls no provider. Error by hint: unauthorized, if the user has been deleted. Runs as its owner, because users may not read misses and other users names of products.';

-- public.finish_product_lookup

CREATE FUNCTION public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamp with time zone, p_result jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  result constant jsonb := private.json_argument(p_result);
  outcome constant text := result ->> 'outcome';
  holds_lease boolean;
begin
  perform private.settle_provider_calls(result -> 'reports', p_now);
  select lease_token = p_lease_token into holds_lease
  from public.product_lookups where gtin14 = p_gtin14 for update;

  if outcome = 'found' then -- valid even if another worker holds the lease by now
    insert into public.products (
      gtin14, name, brand, category_id, quantity_text, image_url, source, source_payload, fetched_at, expires_at,
      confidence
    )
    select
      p_gtin14, p.name, p.brand, c.id, p.quantity_text, p.image_url, p.source, p.payload, p_now, p.expires_at,
      p.confidence
    from jsonb_to_record(result -> 'product') as p (
      name text, brand text, category text, quantity_text text, image_url text, source text, payload jsonb,
      expires_at timestamptz, confidence real
    )
    left join public.categories c on c.code = p.category
    on conflict (gtin14) do update
    set name = excluded.name, brand = excluded.brand, category_id = excluded.category_id,
        quantity_text = excluded.quantity_text, image_url = excluded.image_url, source = excluded.source,
        source_payload = excluded.source_payload, fetched_at = excluded.fetched_at,
        expires_at = excluded.expires_at, confidence = excluded.confidence;
    delete from public.product_misses where gtin14 = p_gtin14;
    delete from public.product_lookups where gtin14 = p_gtin14;
    return 'stored';
  elsif holds_lease is distinct from true then
    return 'stale';
  elsif outcome = 'not_found' then
    -- A product that a provider knew earlier, or that users named, is kept.
    update public.products
    set expires_at = p_now + make_interval(secs => (result ->> 'keep_seconds')::double precision)
    where gtin14 = p_gtin14;
    if not found then
      insert into public.product_misses as m (gtin14, checked_at, retry_after)
      values (p_gtin14, p_now, p_now + make_interval(secs => (result ->> 'miss_seconds')::double precision))
      on conflict (gtin14) do update
      set times = m.times + 1, checked_at = excluded.checked_at,
          retry_after = p_now + make_interval(secs => least(
            (result ->> 'longest_miss_seconds')::double precision,
            (result ->> 'miss_seconds')::double precision * 2 ^ least(m.times, 20)
          ));
    end if;
    delete from public.product_lookups where gtin14 = p_gtin14;
    -- Accounts that voted may have come of age since.
    if pg_try_advisory_xact_lock(hashtextextended('product_names ' || p_gtin14, 0)) then
      perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
    end if;
    return 'stored';
  end if;
  -- Incomplete: retry later.
  update public.product_lookups
  set lease_until = null, lease_token = null, tried = result -> 'tried',
      retry_at = p_now + make_interval(secs => (result ->> 'failure_seconds')::double precision),
      next_attempt_at = greatest(
        (result ->> 'not_before')::timestamptz,
        p_now + make_interval(secs => least(
          21600, (result ->> 'failure_seconds')::double precision * 2 ^ least(greatest(attempts - 1, 0), 10)
        ))
      )
  where gtin14 = p_gtin14;
  return 'queued';
end
$$;
REVOKE ALL ON FUNCTION public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamp with time zone, p_result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamp with time zone, p_result jsonb) TO service_role;
COMMENT ON FUNCTION public.finish_product_lookup(p_gtin14 text, p_lease_token uuid, p_now timestamp with time zone, p_result jsonb) IS 'Stores the result of a lookup: {outcome: found, product} | {outcome: not_found, miss_seconds, longest_miss_seconds, keep_seconds} | {outcome: incomplete, tried, failure_seconds, not_before}, each with reports for private.settle_provider_calls. Returns stored, queued (for the sweep) or stale (another worker holds the lease).';

-- public.forget_old_lookups

CREATE FUNCTION public.forget_old_lookups(p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  deleted_rows integer;
begin
  -- A batch per call; the sweep calls every minute.
  delete from public.product_lookups l
  where l.gtin14 in (
    select old.gtin14 from public.product_lookups old
    where old.requested_at < p_now - interval '14 days' and (old.lease_until is null or old.lease_until <= p_now)
    limit 1000
  );
  delete from private.asked_numbers n
  where n.gtin14 in (
    select old.gtin14 from private.asked_numbers old where old.asked_at < p_now - interval '30 days' limit 1000
  );
  delete from public.product_misses m
  where m.gtin14 in (
    select old.gtin14 from public.product_misses old where old.retry_after < p_now - interval '30 days' limit 1000
  );
  get diagnostics deleted_rows = row_count;
  return deleted_rows;
end
$$;
REVOKE ALL ON FUNCTION public.forget_old_lookups(p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_old_lookups(p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.forget_old_lookups(p_now timestamp with time zone) IS 'Deletes barcodes that could not be looked up for 14 days, unknown barcodes 30 days after the time when they would have been looked up again, and records of who asked. Returns the number of unknown barcodes.';

-- public.forget_user

CREATE FUNCTION public.forget_user(p_user_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  owner_column record;
begin
  if not exists (select from public.account_deletions d where d.user_id = p_user_id) then
    perform private.refuse(409, 'not_requested', 'The user has not requested deletion.');
  elsif exists (select from public.photos_of_user(p_user_id, 1)) then
    perform private.refuse(409, 'photos_remain', 'Delete the photos first.');
  end if;
  update public.user_category_feedback
  set user_id = null, receipt_item_id = null, created_at = date_trunc('month', created_at)
  where user_id = p_user_id;
  -- All tables whose rows belong to a user, including those of later migrations.
  for owner_column in
    select c.conrelid::regclass as table_name, a.attname as name
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
    where c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.confdeltype = 'c'
      and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
      and c.conrelid <> 'public.account_deletions'::regclass
  loop
    execute format('delete from %s where %I = $1', owner_column.table_name, owner_column.name) using p_user_id;
  end loop;
  -- Once more: triggers of the other tables count.
  delete from private.daily_use u where u.user_id = p_user_id;
end
$_$;
REVOKE ALL ON FUNCTION public.forget_user(p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.forget_user(p_user_id uuid) TO service_role;
COMMENT ON FUNCTION public.forget_user(p_user_id uuid) IS 'Deletes the rows of a user who requested deletion and has no photos left. Corrections stay as (text, category, month). Idempotent. Errors by hint: not_requested, photos_remain.';

-- public.give_up_receipts

CREATE FUNCTION public.give_up_receipts() RETURNS TABLE(id uuid, error_code text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select lost.id, lost.error_code from private.end_lost_leases(p_failing => true, p_before => now()) lost
$$;
REVOKE ALL ON FUNCTION public.give_up_receipts() FROM PUBLIC;
GRANT ALL ON FUNCTION public.give_up_receipts() TO service_role;
COMMENT ON FUNCTION public.give_up_receipts() IS 'Fails receipts whose last attempt was lost with its worker, because the photo killed it. Returns them with their error_code: poison or attempts_exhausted. A claim ends other lost attempts.';

-- public.join_receipts

CREATE FUNCTION public.join_receipts(receipt_ids uuid[]) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  whole public.receipts;
  part public.receipts;
  part_ids uuid[] := array[]::uuid[];
  part_id uuid;
  head public.receipts;
  field text;
  kept record;
  is_unsure_day boolean;
  new_day date;
begin
  perform private.require_user();
  if not coalesce(cardinality(receipt_ids) between 2 and 10, false)
    or cardinality(receipt_ids) <> (select count(distinct u.id) from unnest(receipt_ids) u (id))
  then
    perform private.refuse(422, 'invalid_receipts', 'receipt_ids must be 2 to 10 different ids.');
  end if;
  whole := private.lock_receipt(receipt_ids[1]);
  perform private.count_call('correct_receipt', 60);
  head := whole;
  for place in 2..cardinality(receipt_ids) loop
    select r.* into part from public.receipts r
    where r.id = receipt_ids[place] and r.user_id = whole.user_id and r.joined_into = whole.id
    for update;
    continue when found; -- joined by an earlier attempt
    part := private.lock_receipt(receipt_ids[place]);
    if exists (select from public.receipt_items i where i.receipt_id = part.id and i.status = 'added') then
      perform private.refuse(409, 'receipt_reviewed', 'Items of a further photo are in the inventory already.');
    end if;
    part_ids := part_ids || part.id;
  end loop;
  if cardinality(part_ids) = 0 then
    return public.review_receipt(whole.id);
  end if;
  head.uncertain_fields := '{}';
  foreach field in array array['store_name', 'purchased_at', 'total'] loop
    kept := private.kept_reading(whole.id || part_ids, field);
    head := jsonb_populate_record(head, jsonb_build_object(field, kept.value));
    if kept.is_uncertain then
      head.uncertain_fields := head.uncertain_fields || field;
    end if;
    if field = 'purchased_at' then
      is_unsure_day := kept.warnings ? 'unsure_purchase_date';
    end if;
  end loop;

  new_day := private.purchase_day(head.purchased_at, whole.created_at);
  foreach part_id in array whole.id || part_ids loop
    perform private.move_purchase_day(r.id, private.purchase_day(r.purchased_at, r.created_at), new_day)
    from public.receipts r where r.id = part_id;
  end loop;
  foreach part_id in array part_ids loop
    perform private.join_part(
      whole.id, part_id, case when part_id = part_ids[cardinality(part_ids)] then head.total end
    );
  end loop;
  update public.receipts r
  set store_name = head.store_name, purchased_at = head.purchased_at, total = head.total,
      uncertain_fields = head.uncertain_fields,
      warnings = (
        select coalesce(jsonb_agg(w.warning order by w.place), '[]')
        from (
          select e.warning, e.place from jsonb_array_elements_text(r.warnings) with ordinality e (warning, place)
          where e.warning not in ('no_items', 'totals_mismatch')
            and not (e.warning = 'no_total' and head.total is not null)
            and not (e.warning = 'no_store' and head.store_name is not null)
            and not (e.warning = 'no_purchase_date' and head.purchased_at is not null)
            and not (e.warning = 'unsure_purchase_date' and not is_unsure_day)
          union all
          select 'unsure_purchase_date', 999
          where is_unsure_day and not r.warnings ? 'unsure_purchase_date'
          union all
          select 'no_items', 1000
          where not exists (select from public.receipt_items i where i.receipt_id = r.id)
          union all
          select 'totals_mismatch', 1001
          where head.total <> (
            select coalesce(sum(coalesce(i.amount, 0)::bigint + i.discount), 0)
            from public.receipt_items i where i.receipt_id = r.id
          )
        ) w
      )
  where r.id = whole.id;
  perform private.settle_receipt(whole.id, '{}');
  perform private.compare_duplicates(whole.id);
  foreach part_id in array part_ids loop
    perform private.compare_duplicates(part_id);
  end loop;
  return public.review_receipt(whole.id);
end
$$;
REVOKE ALL ON FUNCTION public.join_receipts(receipt_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.join_receipts(receipt_ids uuid[]) TO authenticated;
GRANT ALL ON FUNCTION public.join_receipts(receipt_ids uuid[]) TO service_role;
COMMENT ON FUNCTION public.join_receipts(receipt_ids uuid[]) IS 'Joins receipts of the calling user that are photos of one long receipt, from top to bottom, into the first one: it gets the items of the others, without the lines that two photos share. Of store, time and total it gets what the user corrected on any of them, otherwise what is certain, each with its own doubt. The others are gone; their photos are kept with it. Returns what review_receipt does. Cannot be undone. Idempotent. Errors by hint: receipt_not_found, receipt_not_done, receipt_reviewed, invalid_receipts, purchase_after_step, limit_reached, rate_limited. Runs as its owner, because users may not write receipts.';

-- public.move_inventory_item

CREATE FUNCTION public.move_inventory_item(inventory_id uuid, storage text, moved_on text DEFAULT NULL::text) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce(private.day($3), private.today());
  latest constant public.inventory_history := private.latest_step_of_today(item.id);
begin
  perform private.check_step(item, coalesce($2, ''), day);
  if item.storage = $2 then
    return item;
  end if;
  if latest.action = 'moved' and latest.changes #>> '{storage,0}' = $2 and item.moved_on = day then
    -- Entered today, and moved back on the day of the move: undo the move.
    item := jsonb_populate_record(item, (select jsonb_object_agg(key, value -> 0) from jsonb_each(latest.changes)));
    if item.expiry_basis = 'purchase' and exists (
      select from public.inventory_history h
      where h.inventory_id = item.id and h.id > latest.id and h.changes ?| array['category_id', 'purchased_on']
    ) then
      item := private.estimated(item); -- the date before the move was that of another category or day of purchase
    end if;
  else
    item := private.moved(item, $2, day);
  end if;
  update public.inventory
  set storage = item.storage, moved_on = item.moved_on, expires_on = item.expires_on,
      expiry_basis = item.expiry_basis, expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$_$;
REVOKE ALL ON FUNCTION public.move_inventory_item(inventory_id uuid, storage text, moved_on text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.move_inventory_item(inventory_id uuid, storage text, moved_on text) TO authenticated;
GRANT ALL ON FUNCTION public.move_inventory_item(inventory_id uuid, storage text, moved_on text) TO service_role;
COMMENT ON FUNCTION public.move_inventory_item(inventory_id uuid, storage text, moved_on text) IS 'Moves an inventory item of the calling user to pantry, fridge or freezer, today or on the given day, and recalculates its use-by date. Idempotent; moving it back on the same day undoes the move. Errors by hint: inventory_item_not_found, already_consumed, unknown_storage, date_in_future, date_out_of_range, date_before_purchase. After an error nothing has changed. Runs as its owner, which writes the columns and the lock that users have no grant for.';

-- public.name_product

CREATE FUNCTION public.name_product(gtin14 text, name text, category text DEFAULT NULL::text, quantity_text text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  number constant text := private.gtin14($1);
  clean_name constant text := private.clean_name($2);
  clean_quantity constant text := nullif(private.clean_name($4), '');
  key constant text := private.text_key(private.clean_name($2));
  new_category_id smallint;
begin
  perform private.require_user();
  if number is null then
    perform private.refuse(422, 'invalid_barcode', 'gtin14 is not a valid product number.');
  elsif coalesce(length($2), 0) > 1000 or coalesce(key, '') = '' or length(key) > 200 or length(clean_name) > 200 then
    perform private.refuse(422, 'invalid_name', 'name must have 1 to 200 characters.');
  elsif not private.is_product_name(clean_name) then
    perform private.refuse(422, 'invalid_name', 'name must not contain links or contact data.');
  elsif length($4) > 200 or length(clean_quantity) > 40
    or clean_quantity is not null and not private.is_product_name(clean_quantity)
  then
    perform private.refuse(
      422, 'invalid_quantity', 'quantity_text must have at most 40 characters, without links or contact data.'
    );
  end if;
  perform private.count_call('name_product', 60);
  if $3 is not null then
    select c.id into new_category_id from public.categories c where c.code = $3;
    if not found then
      perform private.refuse(422, 'unknown_category', 'Unknown category.');
    end if;
  end if;

  perform private.lock_product_name(number);
  insert into public.product_names (user_id, gtin14, name, name_key, category_id, quantity_text)
  values ((select private.owner_id()), number, clean_name, key, new_category_id, clean_quantity)
  on conflict (user_id, gtin14) do update
  set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
      quantity_text = excluded.quantity_text, created_at = now()
  where (product_names.name, product_names.category_id, product_names.quantity_text)
    is distinct from (excluded.name, excluded.category_id, excluded.quantity_text);

  perform private.decide_product_name(number, 'users');
  return exists (
    select from private.agreed_names a where a.gtin14 = number and a.source = 'users' and a.name_key = key
  ) and not exists (select from public.products p where p.gtin14 = number)
    and not exists (select from public.products_bulk b where b.gtin14 = number);
end
$_$;
REVOKE ALL ON FUNCTION public.name_product(gtin14 text, name text, category text, quantity_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.name_product(gtin14 text, name text, category text, quantity_text text) TO authenticated;
GRANT ALL ON FUNCTION public.name_product(gtin14 text, name text, category text, quantity_text text) TO service_role;
COMMENT ON FUNCTION public.name_product(gtin14 text, name text, category text, quantity_text text) IS 'Stores the calling user''s name for the product of a barcode; it applies to that user at once. Returns whether all users see it now: most accounts that named the product agree, and no provider knows it. Idempotent. Errors by hint: unauthorized, invalid_barcode, invalid_name, invalid_quantity, unknown_category, rate_limited. Runs as its owner, because users may not write names that others see.';

-- public.open_inventory_item

CREATE FUNCTION public.open_inventory_item(inventory_id uuid, opened_on text DEFAULT NULL::text, storage text DEFAULT NULL::text) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  day constant date := coalesce(private.day($2), item.opened_on, private.today());
  estimate private.shelf_life;
  -- A corrected day starts from the date of the unopened item.
  unopened constant public.inventory := private.unopened(item);
begin
  perform private.check_step(item, coalesce($3, item.storage), day);
  if item.opened_on = day and ($3 is null or $3 = item.storage) then
    return item;
  end if;
  estimate := private.shelf_life_after(
    item.name, item.category_id, 'opened', coalesce($3, item.storage),
    -- Opened food moves from the pantry to the fridge; opening frozen food does not thaw it.
    p_elsewhere => $3 is null and item.storage = 'pantry'
  );
  item.storage := coalesce($3, estimate.storage, item.storage);
  if day + estimate.min_days < coalesce(unopened.expires_on, 'infinity') then
    item.expires_on := day + estimate.min_days;
    item.expiry_basis := 'opened';
    item.expiry_source := estimate.source;
  else
    item.expires_on := unopened.expires_on;
    item.expiry_basis := unopened.expiry_basis;
    item.expiry_source := unopened.expiry_source;
  end if;
  update public.inventory
  set opened_on = day, storage = item.storage, expires_on = item.expires_on, expiry_basis = item.expiry_basis,
      expiry_source = item.expiry_source
  where id = item.id
  returning * into item;
  return item;
end
$_$;
REVOKE ALL ON FUNCTION public.open_inventory_item(inventory_id uuid, opened_on text, storage text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.open_inventory_item(inventory_id uuid, opened_on text, storage text) TO authenticated;
GRANT ALL ON FUNCTION public.open_inventory_item(inventory_id uuid, opened_on text, storage text) TO service_role;
COMMENT ON FUNCTION public.open_inventory_item(inventory_id uuid, opened_on text, storage text) IS 'Records that an inventory item of the calling user was opened, today or on the given day. Its use-by date becomes the earlier of its current date and that of opened food. An item in the pantry moves to the usual storage of such food once opened, or to the given storage. Idempotent; another day corrects the first. Errors by hint: inventory_item_not_found, already_consumed, unknown_storage, date_in_future, date_out_of_range, date_before_purchase. After an error nothing has changed. Runs as its owner, which writes the columns and the lock that users have no grant for.';

-- public.photos_of_user

CREATE FUNCTION public.photos_of_user(p_user_id uuid, p_limit integer) RETURNS SETOF text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  return query
    select o.name::text from storage.objects o
    where o.bucket_id = 'ocr' and starts_with(o.name, p_user_id::text || '/')
    limit p_limit;
end
$$;
REVOKE ALL ON FUNCTION public.photos_of_user(p_user_id uuid, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.photos_of_user(p_user_id uuid, p_limit integer) TO service_role;
COMMENT ON FUNCTION public.photos_of_user(p_user_id uuid, p_limit integer) IS 'Paths of all photos in the user''s folder and its subfolders. The Storage API lists only one folder at a time.';

-- public.photos_to_delete

CREATE FUNCTION public.photos_to_delete(p_limit integer) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  slice constant integer := 7000; -- ten million names in a day
  retention constant interval := make_interval(days => coalesce(private.setting('photo_days')::integer, 365));
  state private.sweep_state;
  missing_id uuid;
  names text[];
  paths text[];
begin
  select * into state from private.sweep_state for update skip locked;
  if not found then
    return; -- another sweep does this
  end if;
  if state.retention_due_at <= now() then
    perform private.forget_deleted(p_limit);
    -- Storage's trigger may have ended the photo meanwhile.
    delete from private.deletions_set_aside a
    where (
      select r.photo_deleted_at is not null and r.deleted_at is null from public.receipts r where r.id = a.receipt_id
    );
    perform private.forget_rereads(p_limit);
    -- Receipts whose photo is missing although its deletion was not noticed.
    for missing_id in
      select due.id from private.receipts_to_end(p_limit, retention) due
      where not exists (
        select from storage.objects o
        where o.bucket_id = due.bucket and o.name = due.object_path
          and coalesce(o.version, o.id::text) = due.object_version
      )
    loop
      begin
        update public.receipts u set photo_deleted_at = now(), raw_lines = '[]' where u.id = missing_id;
        delete from private.deletions_set_aside a where a.receipt_id = missing_id;
      exception when others then
        perform private.set_deletion_aside(missing_id, sqlstate);
      end;
    end loop;
    select array_agg(due.object_path) into paths from private.receipts_to_end(p_limit, retention) due;
    if paths is not null then
      return query select unnest(paths);
      return;
    end if;
    update private.sweep_state set retention_due_at = now() + interval '1 hour' where is_only_row;
  end if;
  if state.strays_due_at > now() then
    return;
  end if;
  -- Any order of names will do, so this is the order of the unique index of (bucket_id, name).
  names := array(
    select o.name from storage.objects o
    where o.bucket_id = 'ocr' and o.name > state.stray_name
    order by o.name
    limit slice
  );
  select array_agg(n.name order by n.place) into paths
  from unnest(names) with ordinality n (name, place)
  where split_part(n.name, '/', 1) in (
    select f.folder from (select distinct split_part(d.name, '/', 1) as folder from unnest(names) d (name)) f
    where not exists (
      select from auth.users u
      where u.id = case when f.folder ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then f.folder::uuid end
    )
  );
  if cardinality(paths) > p_limit then
    paths := paths[:p_limit];
    update private.sweep_state set stray_name = paths[p_limit] where is_only_row;
  elsif cardinality(names) = slice then
    update private.sweep_state
    set stray_name = names[slice], strays_due_at = now() + interval '50 seconds'
    where is_only_row;
  else
    update private.sweep_state
    set stray_name = '', strays_since = now(),
        strays_due_at = greatest(strays_since + interval '1 day', now() + interval '1 hour')
    where is_only_row;
  end if;
  return query select unnest(paths);
end
$_$;
REVOKE ALL ON FUNCTION public.photos_to_delete(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.photos_to_delete(p_limit integer) TO service_role;
COMMENT ON FUNCTION public.photos_to_delete(p_limit integer) IS 'Paths of photos to delete. Once per hour, by the receipts, p_limit photos older than the setting photo_days (365 by default) and those of receipts that were deleted too long ago to restore them, and again while there are any; and forgets such receipts. Once per day, in slices of 7,000 names per minute, photos without a user, which were uploaded while the account was being deleted.';

-- public.plan_reread

CREATE FUNCTION public.plan_reread(p_run text, p_rules jsonb, p_limit integer) RETURNS TABLE(receipts integer, is_planned boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
declare
  rules constant jsonb := private.json_argument(p_rules);
  run private.reread_runs;
  planned integer;
  considered integer;
begin
  if coalesce(jsonb_typeof(rules -> 'models') <> 'object' or rules -> 'models' = '{}'
    or jsonb_typeof(rules -> 'applies') <> 'boolean', true)
  then
    perform private.refuse(422, 'invalid_rules', 'The rules must name the models and whether the run applies changes.');
  end if;
  insert into private.reread_runs (name, rules) values (p_run, rules) on conflict do nothing;
  select o.* into run from private.reread_runs o where o.name = p_run for update;
  if run.rules <> rules then
    perform private.refuse(409, 'other_rules', 'A run of this name was planned with other rules.');
  end if;
  select coalesce(max(x.place), 0) into planned from private.rereads x where x.run_name = run.name;
  if not run.is_planned then
    with batch as materialized (
      select r.id, r.created_at, row_number() over (order by r.created_at, r.id) as place
      from public.receipts r
      where r.photo_deleted_at is null and r.created_at < run.created_at
        and (run.planned_to is null or (r.created_at, r.id) > (run.planned_to, run.planned_receipt_id))
        and r.created_at >= coalesce((rules ->> 'since')::timestamptz, '-infinity')
        and r.created_at < coalesce((rules ->> 'until')::timestamptz, 'infinity')
        and (rules ->> 'user_id' is null or r.user_id = (rules ->> 'user_id')::uuid)
      order by r.created_at, r.id
      limit p_limit
    ), chosen as (
      insert into private.rereads (run_name, place, receipt_id)
      select run.name, planned + row_number() over (order by b.place), b.id
      from batch b
      join public.receipts r on r.id = b.id
      where private.reread_obstacle(r.id) is null and not private.is_canary(r.object_path)
        and not r.model_versions @> (rules -> 'models')
        -- Photos that this model could not read, or whose receipts it left as they are.
        and not exists (
          select from private.rereads x join private.reread_runs o on o.name = x.run_name
          where x.receipt_id = r.id and x.state in ('same', 'changed', 'failed')
            and (o.rules ->> 'applies')::boolean and o.rules -> 'models' = rules -> 'models'
        )
      order by b.place
      limit coalesce((rules ->> 'limit')::integer, 2000000) - planned
      returning 1
    ), seen as (
      select count(*) as n, (array_agg(b.id order by b.place desc))[1] as id, max(b.created_at) as created_at
      from batch b
    ), moved as (
      update private.reread_runs o
      set planned_to = coalesce(seen.created_at, o.planned_to),
          planned_receipt_id = coalesce(seen.id, o.planned_receipt_id)
      from seen
      where o.name = run.name
    )
    select planned + (select count(*) from chosen), seen.n into planned, considered from seen;
    update private.reread_runs o
    set is_planned = considered < p_limit or planned >= coalesce((rules ->> 'limit')::integer, 2000000)
    where o.name = run.name
    returning o.* into run;
  end if;
  return query select planned, run.is_planned;
end
$$;
REVOKE ALL ON FUNCTION public.plan_reread(p_run text, p_rules jsonb, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.plan_reread(p_run text, p_rules jsonb, p_limit integer) TO service_role;
COMMENT ON FUNCTION public.plan_reread(p_run text, p_rules jsonb, p_limit integer) IS 'Plans a run, the next p_limit receipts of it; to be called until it is planned. Chosen are receipts with a photo that other models than those of the rules have read and that their users have not finished reviewing, oldest first. Returns how many are chosen, and whether that is all. Idempotent. Errors by hint: invalid_rules, other_rules.';

-- public.postpone_reread

CREATE FUNCTION public.postpone_reread(p_run text, p_receipt_id uuid, p_code text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  most constant integer := 5;
  outages_in_all integer;
begin
  update private.rereads x set outages = x.outages + 1, code = p_code
  where x.run_name = p_run and x.receipt_id = p_receipt_id and x.state = 'waiting'
  returning x.outages into outages_in_all;
  if outages_in_all is null then
    return 'skipped';
  elsif outages_in_all >= most then
    return private.end_reread(p_run, p_receipt_id, 'failed', p_code);
  end if;
  return 'waiting';
end
$$;
REVOKE ALL ON FUNCTION public.postpone_reread(p_run text, p_receipt_id uuid, p_code text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.postpone_reread(p_run text, p_receipt_id uuid, p_code text) TO service_role;
COMMENT ON FUNCTION public.postpone_reread(p_run text, p_receipt_id uuid, p_code text) IS 'Notes that Storage did not deliver a photo, whose receipt is then read after the others; an outage that never ends is the photo''s own, so the fifth fails it. Returns the state: waiting, failed or skipped.';

-- public.price_changes

CREATE FUNCTION public.price_changes(receipt_id uuid) RETURNS TABLE(receipt_item_id uuid, previous_on date, previous_store_name text, won_per_unit double precision, previous_won_per_unit double precision, won_per_100 double precision, previous_won_per_100 double precision, size_unit text, change_percent double precision)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
  select private.count_call('statistics', 120);
  with bought as materialized (
    select p as purchase, p.receipt_item_id, p.receipt_id, p.gtin14, p.name_key, p.bought_at, p.store_name
    from private.purchases_of(
      array(select i.name_key from public.receipt_items i where i.receipt_id = $1),
      array(select i.gtin14 from public.receipt_items i where i.receipt_id = $1 and i.gtin14 is not null)
    ) p
  )
  select n.receipt_item_id, o.bought_at::date, o.store_name, new.won_per_unit, old.won_per_unit, new.won_per_100,
    old.won_per_100, new.size_unit, private.price_change(new, old)
  from bought n
  cross join lateral (
    select e.* from bought e
    where e.receipt_id <> n.receipt_id and e.bought_at < n.bought_at
      and (e.gtin14 = n.gtin14 or e.name_key = n.name_key)
    order by e.gtin14 = n.gtin14 desc nulls last, e.bought_at desc
    limit 1
  ) o
  cross join lateral private.price_of(n.purchase) new
  cross join lateral private.price_of(o.purchase) old
  where n.receipt_id = $1
$_$;
REVOKE ALL ON FUNCTION public.price_changes(receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.price_changes(receipt_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.price_changes(receipt_id uuid) TO service_role;
COMMENT ON FUNCTION public.price_changes(receipt_id uuid) IS 'For the items of a receipt of the calling user that they have bought before: the latest earlier purchase, and by how many percent the price has changed, as in price_history. Other items are left out. Errors by hint: rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.price_history

CREATE FUNCTION public.price_history(item_name text DEFAULT NULL::text, gtin text DEFAULT NULL::text, purchases integer DEFAULT 50) RETURNS TABLE(receipt_item_id uuid, bought_on date, store_name text, name text, quantity double precision, unit text, won bigint, won_per_unit double precision, size double precision, size_unit text, won_per_100 double precision, change_percent double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  key constant text := nullif(private.text_key($1), '');
  number constant text := private.gtin14($2);
begin
  perform private.count_call('statistics', 120);
  if length($1) > 1000 or length($2) > 100 or $2 is not null and number is null or key is null and number is null then
    perform private.refuse(422, 'invalid_item', 'Give a name or a valid product number.');
  elsif $3 is null or not $3 between 1 and 500 then
    perform private.refuse(422, 'invalid_period', 'purchases must be from 1 to 500.');
  end if;
  return query
    select p.receipt_item_id, p.bought_at::date, p.store_name, p.name, p.quantity, p.unit, p.won, m.won_per_unit,
      m.size, m.size_unit, m.won_per_100, private.price_change(m, lag(m) over earlier)
    from (
      select * from private.purchases_of(array[key], array[number]) latest
      order by latest.bought_at desc, latest.receipt_item_id desc
      -- One more, to compare the last one with.
      limit $3 + 1
    ) p
    cross join lateral private.price_of(
      row(
        p.receipt_item_id, p.receipt_id, p.name_key, p.gtin14, p.bought_at, p.store_name, p.name, p.quantity, p.unit,
        p.won
      )::private.purchase
    ) m
    window earlier as (order by p.bought_at, p.receipt_item_id)
    order by p.bought_at desc, p.receipt_item_id desc
    limit $3;
end
$_$;
REVOKE ALL ON FUNCTION public.price_history(item_name text, gtin text, purchases integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.price_history(item_name text, gtin text, purchases integer) TO authenticated;
GRANT ALL ON FUNCTION public.price_history(item_name text, gtin text, purchases integer) TO service_role;
COMMENT ON FUNCTION public.price_history(item_name text, gtin text, purchases integer) IS 'What the calling user paid for a product, by its name or barcode, the latest purchase first. won_per_unit is the price of one unit, won_per_100 that of 100 g or 100 ml where the size is known. change_percent compares with the purchase before: per 100 g or 100 ml if both have a size in that unit, otherwise per piece; it is null if one was weighed and the other has no such size. Errors by hint: invalid_item, invalid_period, rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.queue_missed_photos

CREATE FUNCTION public.queue_missed_photos() RETURNS TABLE(queued integer, waiting integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  missed private.missed_photo_events;
begin
  perform private.delete_stale_hints();
  queued := 0;
  for missed in
    select * from private.missed_photo_events order by noticed_at, id limit 1000 for update skip locked
  loop
    begin
      -- The lock makes a concurrent replacement wait; it then replaces this receipt.
      perform from storage.objects o
      where o.bucket_id = missed.bucket and o.name = missed.object_path
        and coalesce(o.version, o.id::text) = missed.object_version
      for share;
      if found or missed.event = 'deleted' then
        perform private.apply_photo_event((
          missed.event, missed.bucket, missed.object_path, missed.object_version, missed.previous_path,
          missed.previous_version, missed.bytes, missed.noticed_at
        ));
        queued := queued + (missed.event <> 'deleted')::integer;
      else
        -- Replaced meanwhile, and perhaps deleted: older receipts have lost their photo.
        perform private.end_photos(missed.bucket, missed.object_path);
        perform private.end_photos(missed.bucket, missed.previous_path);
      end if;
      delete from private.missed_photo_events m where m.id = missed.id;
    exception when others then
      raise log 'a missed photo was not applied to its receipt again: %', sqlstate;
      exit; -- the cause most likely affects the other photos too
    end;
  end loop;
  select count(*) into waiting from private.missed_photo_events;
  return next;
end
$$;
REVOKE ALL ON FUNCTION public.queue_missed_photos() FROM PUBLIC;
GRANT ALL ON FUNCTION public.queue_missed_photos() TO service_role;
COMMENT ON FUNCTION public.queue_missed_photos() IS 'Applies the uploads, moves and deletions of photos that the trigger could not apply. Returns the number of receipts that were queued or moved, and how many events still wait.';

-- public.receipts_waiting

CREATE FUNCTION public.receipts_waiting(p_seconds double precision) RETURNS TABLE(receipts bigint, of_users bigint, oldest_s double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select count(*), count(*) filter (where not private.is_canary(w.object_path)),
    coalesce(max(extract(epoch from now() - w.queued_at)), 0)::double precision
  from (
    select r.object_path, r.queued_at from public.receipts r
    where r.status in ('queued', 'processing') and r.queued_at < now() - make_interval(secs => p_seconds)
    order by r.queued_at
    limit 1000
  ) w
$$;
REVOKE ALL ON FUNCTION public.receipts_waiting(p_seconds double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.receipts_waiting(p_seconds double precision) TO service_role;
COMMENT ON FUNCTION public.receipts_waiting(p_seconds double precision) IS 'Open receipts whose users have waited for longer than p_seconds since the upload or their own retry, up to 1000; how many of them are not the canary''s, and the longest wait in seconds.';

-- public.register_push_token

CREATE FUNCTION public.register_push_token(token text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
begin
  perform private.count_call('register_push_token', 30);
  if $1 is null or length($1) > 200 or $1 !~ '^Expo(nent)?PushToken\[[A-Za-z0-9_:-]{1,150}\]$' then
    perform private.refuse(422, 'invalid_push_token', 'token must be an Expo push token.');
  end if;
  -- A device that another user has signed in on gets that user's reminders alone.
  insert into public.push_tokens as t (token, user_id) values ($1, (select auth.uid()))
  on conflict (token) do update set user_id = excluded.user_id, registered_at = now();
  delete from public.push_tokens t
  where t.user_id = (select auth.uid()) and t.token in (
    select oldest.token from public.push_tokens oldest
    where oldest.user_id = (select auth.uid())
    order by oldest.registered_at desc, oldest.token
    offset 10
  );
end
$_$;
REVOKE ALL ON FUNCTION public.register_push_token(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.register_push_token(token text) TO authenticated;
GRANT ALL ON FUNCTION public.register_push_token(token text) TO service_role;
COMMENT ON FUNCTION public.register_push_token(token text) IS 'Sends reminders of the calling user to this device, and no longer those of a user who used it before. The latest 10 devices count. Call it at each start of the app. Idempotent. Errors by hint: unauthorized, invalid_push_token, rate_limited. Runs as its owner, because users may not write push_tokens.';

-- public.release_reminder

CREATE FUNCTION public.release_reminder(p_user_id uuid, p_day date, p_now timestamp with time zone DEFAULT now()) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.reminder_settings r
  set is_released = true, attempts = r.attempts + 1, next_due_at = p_now + interval '10 minutes'
  where r.user_id = p_user_id and r.last_day = p_day and not r.is_released and r.is_enabled and r.attempts < 12
$$;
REVOKE ALL ON FUNCTION public.release_reminder(p_user_id uuid, p_day date, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.release_reminder(p_user_id uuid, p_day date, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.release_reminder(p_user_id uuid, p_day date, p_now timestamp with time zone) IS 'Makes a claimed reminder due again in ten minutes, up to twelve times, and until 12 hours before the next one is due: for one that certainly was not accepted.';

-- public.remove_push_token

CREATE FUNCTION public.remove_push_token(token text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
  delete from public.push_tokens t where t.token = $1 and t.user_id = (select auth.uid())
$_$;
REVOKE ALL ON FUNCTION public.remove_push_token(token text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.remove_push_token(token text) TO authenticated;
GRANT ALL ON FUNCTION public.remove_push_token(token text) TO service_role;
COMMENT ON FUNCTION public.remove_push_token(token text) IS 'Sends no more reminders to this device of the calling user: call it before signing out. Idempotent; refuses nothing. Runs as its owner, because users may not write push_tokens.';

-- public.report_product_name

CREATE FUNCTION public.report_product_name(gtin14 text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  number constant text := private.gtin14($1);
begin
  perform private.require_user();
  if number is null then
    perform private.refuse(422, 'invalid_barcode', 'gtin14 is not a valid product number.');
  end if;
  perform private.count_call('report_product_name', 20);
  perform private.use_quota('name_reports', 1);
  insert into private.name_reports (user_id, gtin14)
  select auth.uid(), number
  where exists (select from private.agreed_names a where a.gtin14 = number and a.name is not null)
    and (select count(*) from private.name_reports r where r.user_id = auth.uid()) < 500
  on conflict do nothing;
end
$_$;
REVOKE ALL ON FUNCTION public.report_product_name(gtin14 text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.report_product_name(gtin14 text) TO authenticated;
GRANT ALL ON FUNCTION public.report_product_name(gtin14 text) TO service_role;
COMMENT ON FUNCTION public.report_product_name(gtin14 text) IS 'Reports the agreed name of a product to the operators, once per user and product. Errors by hint: unauthorized, invalid_barcode, rate_limited. Runs as its owner, because users may not write reports directly.';

-- public.request_account_deletion

CREATE FUNCTION public.request_account_deletion() RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  first_requested_at timestamptz;
begin
  if (select auth.uid()) is null then
    perform private.refuse(401, 'unauthorized', 'Sign in first.');
  end if;
  insert into public.account_deletions as d (user_id) values ((select auth.uid()))
  on conflict (user_id) do update set requested_at = d.requested_at
  returning d.requested_at into first_requested_at;
  return first_requested_at;
exception when foreign_key_violation then
  return now(); -- the token of a user who has already been deleted
end
$$;
REVOKE ALL ON FUNCTION public.request_account_deletion() FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_account_deletion() TO authenticated;
GRANT ALL ON FUNCTION public.request_account_deletion() TO service_role;
COMMENT ON FUNCTION public.request_account_deletion() IS 'Requests the deletion of the calling user and all their data, which happens within minutes and cannot be undone. Returns the time of the first request. Runs as its owner, because users may not write account_deletions.';

-- public.request_product_lookup

CREATE FUNCTION public.request_product_lookup(p_gtin14 text, p_now timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  values (p_gtin14, p_now, p_now)
  on conflict (gtin14) do nothing
$$;
REVOKE ALL ON FUNCTION public.request_product_lookup(p_gtin14 text, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.request_product_lookup(p_gtin14 text, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.request_product_lookup(p_gtin14 text, p_now timestamp with time zone) IS 'Queues a barcode for the sweep. Idempotent.';

-- public.reread_outcomes

CREATE FUNCTION public.reread_outcomes(p_run text, p_after integer, p_limit integer) RETURNS TABLE(place integer, state text, code text, store_kind text, items bigint, changes jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select x.place, x.state, x.code, private.store_kind(r.store_name),
    (select count(*) from public.receipt_items i where i.receipt_id = r.id), x.changes
  from private.rereads x
  join public.receipts r on r.id = x.receipt_id
  where x.run_name = p_run and x.place > p_after
  order by x.place
  limit p_limit
$$;
REVOKE ALL ON FUNCTION public.reread_outcomes(p_run text, p_after integer, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reread_outcomes(p_run text, p_after integer, p_limit integer) TO service_role;
COMMENT ON FUNCTION public.reread_outcomes(p_run text, p_after integer, p_limit integer) IS 'The receipts of a run after a place, without users and ids, with the kind of their store and what changes.';

-- public.reread_rules

CREATE FUNCTION public.reread_rules(p_run text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  run private.reread_runs;
begin
  select o.* into run from private.reread_runs o where o.name = p_run;
  if run.name is null then
    perform private.refuse(404, 'run_not_planned', 'The run has not been planned.');
  end if;
  return run.rules;
end
$$;
REVOKE ALL ON FUNCTION public.reread_rules(p_run text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.reread_rules(p_run text) TO service_role;
COMMENT ON FUNCTION public.reread_rules(p_run text) IS 'The rules of a run. Errors by hint: run_not_planned.';

-- public.restore_inventory_item

CREATE FUNCTION public.restore_inventory_item(inventory_id uuid) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  copy private.deleted_inventory;
  lot public.inventory;
begin
  perform private.require_user();
  perform private.lock_user((select private.owner_id()));
  select * into copy from private.deleted_inventory d
  where d.inventory_id = $1 and d.user_id = (select private.owner_id()) and private.can_be_restored(d.deleted_at)
  for update;
  if found then
    return private.put_lot_back(copy);
  end if;
  select * into lot from public.inventory v where v.id = $1 and v.user_id = (select private.owner_id());
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return lot;
end
$_$;
REVOKE ALL ON FUNCTION public.restore_inventory_item(inventory_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.restore_inventory_item(inventory_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.restore_inventory_item(inventory_id uuid) TO service_role;
COMMENT ON FUNCTION public.restore_inventory_item(inventory_id uuid) IS 'Undoes delete_inventory_item within 7 days (setting undo_days), and returns the row. Idempotent. Errors by hint: inventory_item_not_found, rate_limited, limit_reached. Runs as its owner, because users may not write inventory.';

-- public.restore_receipt

CREATE FUNCTION public.restore_receipt(receipt_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  receipt public.receipts;
  copy private.deleted_inventory;
begin
  perform private.count_call('restore_receipt', 120);
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = $1 and r.user_id = (select private.owner_id())
  for update;
  if not found or not private.can_be_restored(receipt.deleted_at) or receipt.joined_into is not null then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.deleted_at is null then
    return;
  end if;
  if receipt.error_code = 'deleted' and receipt.photo_deleted_at is null then
    -- It may have been read in part: each reading counts.
    perform private.use_quota('retries', 1);
    update public.receipts r
    set deleted_at = null, status = 'queued', error_code = null, next_attempt_at = now(), queued_at = now(),
        turn = private.next_turn(r.user_id)
    where r.id = receipt.id;
    perform private.hint_receipt(receipt.id);
  else
    update public.receipts r
    set deleted_at = null,
        error_code = case when r.error_code = 'deleted' then 'photo_missing' else r.error_code end
    where r.id = receipt.id;
  end if;
  for copy in
    select d.* from private.deleted_inventory d
    join public.receipt_items i on i.id = (d.lot ->> 'receipt_item_id')::uuid
    where i.receipt_id = receipt.id and d.user_id = receipt.user_id and d.deleted_at = receipt.deleted_at
    for update of d
  loop
    perform private.put_lot_back(copy);
  end loop;
  if receipt.duplicate_of is null then
    receipt.deleted_at := null;
    -- It was an original. The receipt that took its place, and those that repeat that one, repeat it again.
    update public.receipts r set duplicate_of = receipt.id
    from public.receipts successor
    where successor.id = private.original_of(receipt) and successor.processed_at > receipt.processed_at
      and successor.id in (r.id, r.duplicate_of);
  end if;
  perform private.compare_duplicates(receipt.id);
end
$_$;
REVOKE ALL ON FUNCTION public.restore_receipt(receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.restore_receipt(receipt_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.restore_receipt(receipt_id uuid) TO service_role;
COMMENT ON FUNCTION public.restore_receipt(receipt_id uuid) IS 'Undoes delete_receipt within 7 days (setting undo_days), with the inventory rows that it deleted. A receipt that had not been read is queued again, as one of the retries per day. Idempotent. Errors by hint: unauthorized, receipt_not_found, rate_limited, limit_reached. Runs as its owner, because users may not write receipts.';

-- public.retry_receipt

CREATE FUNCTION public.retry_receipt(receipt_id uuid) RETURNS public.receipts
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
  retries_today smallint;
begin
  select * into receipt from public.receipts r
  where r.id = receipt_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'failed' then
    perform private.refuse(
      409, 'receipt_not_failed', format('Only a failed receipt can be retried; this one is %s.', receipt.status)
    );
  elsif receipt.error_code in ('photo_replaced', 'photo_too_large', 'photo_type_mismatch') then
    perform private.refuse(409, receipt.error_code, 'The photo cannot be read; upload another one.');
  end if;
  retries_today := case when receipt.retried_on = private.today() then receipt.retries else 0 end;
  if retries_today >= private.daily_limit('retries_of_receipt') then
    perform private.refuse_until_tomorrow('The receipt has been retried too often today.');
  end if;
  perform private.use_quota('retries', 1);
  delete from private.receipt_leases l where l.receipt_id = receipt.id;
  update public.receipts r
  -- What is known about a photo that killed the reader stays.
  set status = 'queued', attempts = 0, outages = 0, reads_alone = r.crashes > 0, next_attempt_at = now(),
      lease_until = null, error_code = null, error_detail = null, queued_at = now(),
      turn = private.next_turn(r.user_id), retries = retries_today + 1, retried_on = private.today()
  where r.id = receipt.id
  returning * into receipt;
  perform private.hint_receipt(receipt.id);
  return receipt;
end
$$;
REVOKE ALL ON FUNCTION public.retry_receipt(receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.retry_receipt(receipt_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.retry_receipt(receipt_id uuid) TO service_role;
COMMENT ON FUNCTION public.retry_receipt(receipt_id uuid) IS 'Queues a failed receipt of the calling user again. A photo that killed the reader is read alone, and fails with the code poison at once if it does so again. Errors by hint: receipt_not_found, receipt_not_failed, photo_replaced, photo_too_large, photo_type_mismatch, rate_limited. Runs as its owner, because users may not write receipts.';

-- public.review_receipt

CREATE FUNCTION public.review_receipt(receipt_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  receipt public.receipts;
begin
  select * into receipt from public.receipts where id = $1;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  end if;
  return jsonb_build_object(
    'receipt', jsonb_build_object(
      'id', receipt.id,
      'status', receipt.status,
      'error_code', receipt.error_code,
      'store_name', receipt.store_name,
      'purchased_at', receipt.purchased_at,
      'total', receipt.total,
      'currency', receipt.currency,
      'duplicate_of', receipt.duplicate_of,
      'warnings', receipt.warnings,
      'uncertain_fields', receipt.uncertain_fields,
      'created_at', receipt.created_at
    ),
    'items', (
      select coalesce(jsonb_agg(private.review_item(i.id) order by i.line_no), '[]')
      from public.receipt_items i where i.receipt_id = receipt.id
    ),
    'categories', (
      select jsonb_agg(
        jsonb_build_object(
          'code', c.code, 'name_ko', c.name_ko, 'name_en', c.name_en, 'is_food', c.is_food,
          'default_storage', c.default_storage
        )
        order by c.sort
      )
      from public.categories c
    )
  );
end
$_$;
REVOKE ALL ON FUNCTION public.review_receipt(receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION public.review_receipt(receipt_id uuid) TO authenticated;
GRANT ALL ON FUNCTION public.review_receipt(receipt_id uuid) TO service_role;
COMMENT ON FUNCTION public.review_receipt(receipt_id uuid) IS 'A receipt of the calling user with its line items for review, and the categories to choose from. Errors by hint: receipt_not_found.';

-- public.running_low

CREATE FUNCTION public.running_low(days integer DEFAULT 3) RETURNS TABLE(name text, category text, purchases integer, every_days integer, last_bought_on date, expected_on date, in_stock jsonb, purchases_in_stock double precision)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  stock jsonb;
begin
  perform private.count_call('statistics', 120);
  if $1 is null or not $1 between 0 and 365 then
    perform private.refuse(422, 'invalid_period', 'days must be from 0 to 365.');
  end if;
  -- Looked up below instead of joined: the planner expects few rows, and would group the inventory for each again.
  select jsonb_object_agg(held.name_key, jsonb_build_object('amounts', held.amounts, 'purchases', held.purchases))
  into stock
  from (
    -- Units are not converted: 2 packs and 300 g stay two amounts.
    select u.name_key, sum(u.purchases) as purchases,
      jsonb_agg(jsonb_build_object('quantity', u.quantity, 'unit', u.unit) order by u.unit nulls first) as amounts
    from (
      select v.name_key, v.unit, round(sum(v.quantity)::numeric, 3)::double precision as quantity,
        sum(v.quantity / v.bought_quantity) filter (
          where v.expires_on is null or v.expires_on >= (select private.today())
        ) as purchases
      from public.inventory v
      where v.user_id = (select private.owner_id()) and v.consumed_at is null
      group by v.name_key, v.unit
    ) u
    group by u.name_key
  ) held;
  return query
    with bought as (
      select i.name_key, i.day, i.id
      from public.receipts r
      cross join lateral (
        select i.id, i.name_key,
          coalesce(i.purchased_on, r.purchased_at::date, (r.created_at at time zone 'Asia/Seoul')::date) as day
        from public.receipt_items i
        where i.receipt_id = r.id and i.kind = 'food' and i.status <> 'dismissed' and coalesce(i.amount, 0) >= 0
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.status = 'done' and r.deleted_at is null
        and r.duplicate_of is null and r.created_at > now() - interval '400 days'
    ), rhythm as (
      select b.name_key, (array_agg(b.id order by b.day desc))[1] as item_id,
        count(distinct b.day)::integer as purchases, max(b.day) as last_day,
        round((max(b.day) - min(b.day))::numeric / (count(distinct b.day) - 1))::integer as every_days
      from bought b
      where b.day <= (select private.last_day()) and b.day > (select private.today()) - 400
      group by b.name_key
      having count(distinct b.day) >= 3
    ), due as (
      select h.*, h.last_day + h.every_days as expected_on
      from rhythm h
      where h.every_days between 1 and 120 and h.last_day + h.every_days <= (select private.today()) + $1
        -- After three times the usual pause it is not bought any more.
        and h.last_day + 3 * h.every_days >= (select private.today())
      order by h.last_day + h.every_days, h.name_key
      limit 100
    )
    select i.name, c.code, d.purchases, d.every_days, d.last_day, d.expected_on,
      coalesce(stock #> array[d.name_key, 'amounts'], '[]'),
      coalesce((stock #>> array[d.name_key, 'purchases'])::double precision, 0)
    from due d
    join public.receipt_items i on i.id = d.item_id
    join public.categories c on c.id = i.category_id
    order by d.expected_on, d.name_key;
end
$_$;
REVOKE ALL ON FUNCTION public.running_low(days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.running_low(days integer) TO authenticated;
GRANT ALL ON FUNCTION public.running_low(days integer) TO service_role;
COMMENT ON FUNCTION public.running_low(days integer) IS 'Food that the calling user buys regularly, on at least three days of the last 400, and by that rhythm buys again within some days: at most 100. in_stock is what the inventory has of it under the same name, per unit: [{quantity, unit}]. purchases_in_stock says how many purchases that is worth, without what is past its date. Errors by hint: invalid_period, rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.set_reading_consent

CREATE FUNCTION public.set_reading_consent(allowed boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.require_user();
  -- A correction that has noted a sample, and is not committed yet, commits first; the sample is then deleted too.
  perform private.lock_user((select private.owner_id()));
  if allowed is null then
    perform private.refuse(422, 'invalid_consent', 'allowed must be true or false.');
  elsif allowed then
    insert into public.reading_consents (user_id) values ((select private.owner_id())) on conflict do nothing;
  else
    delete from public.reading_consents c where c.user_id = (select private.owner_id());
    delete from private.reading_samples s where s.user_id = (select private.owner_id());
  end if;
  return allowed;
end
$$;
REVOKE ALL ON FUNCTION public.set_reading_consent(allowed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_reading_consent(allowed boolean) TO authenticated;
GRANT ALL ON FUNCTION public.set_reading_consent(allowed boolean) TO service_role;
COMMENT ON FUNCTION public.set_reading_consent(allowed boolean) IS 'Gives or withdraws the calling user''s consent to keep crops of lines whose names they correct. Withdrawing deletes what was kept. Idempotent. Errors by hint: unauthorized, invalid_consent. Runs as its owner, because users may not write consents and samples.';

-- public.set_reminders

CREATE FUNCTION public.set_reminders(is_enabled boolean DEFAULT NULL::boolean, time_of_day text DEFAULT NULL::text, days_before integer DEFAULT NULL::integer, time_zone text DEFAULT NULL::text, quiet_from text DEFAULT NULL::text, quiet_until text DEFAULT NULL::text, language text DEFAULT NULL::text, by_mail boolean DEFAULT NULL::boolean) RETURNS public.reminder_settings
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  settings public.reminder_settings;
begin
  perform private.count_call('set_reminders', 60);
  select * into settings from public.reminder_settings where user_id = (select auth.uid()) for update;
  if not found then
    insert into public.reminder_settings (user_id) values ((select auth.uid()))
    on conflict (user_id) do nothing;
    select * into settings from public.reminder_settings where user_id = (select auth.uid()) for update;
  end if;
  settings.is_enabled := coalesce($1, settings.is_enabled);
  if $2 is not null then
    settings.time_of_day := private.clock_time($2);
  end if;
  if $3 is not null then
    if not $3 between 0 and 30 then
      perform private.refuse(422, 'invalid_reminder', 'days_before must be from 0 to 30.');
    end if;
    settings.days_before := $3;
  end if;
  if $4 is not null then
    -- Names alone: an abbreviation or an offset knows no daylight saving time.
    if length($4) > 64 or $4 !~ '^([A-Z][A-Za-z]+|[A-Z][A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2})$'
      or $4 not in ('UTC', 'GMT') and exists (select from pg_catalog.pg_timezone_abbrevs a where a.abbrev = upper($4))
    then
      perform private.refuse(422, 'invalid_reminder', 'time_zone must be a name such as Asia/Seoul.');
    end if;
    begin
      perform now() at time zone $4;
    exception when invalid_parameter_value then
      perform private.refuse(422, 'invalid_reminder', 'time_zone must be a name such as Asia/Seoul.');
    end;
    settings.time_zone := $4;
  end if;
  if $5 = '' and coalesce($6, '') = '' or $6 = '' and $5 is null then
    settings.quiet_from := null;
    settings.quiet_until := null;
  elsif $5 is not null or $6 is not null then
    settings.quiet_from := case when $5 is null then settings.quiet_from else private.clock_time($5) end;
    settings.quiet_until := case when $6 is null then settings.quiet_until else private.clock_time($6) end;
    if settings.quiet_from is null or settings.quiet_until is null or settings.quiet_from = settings.quiet_until then
      perform private.refuse(422, 'invalid_reminder', 'quiet_from and quiet_until must be two different times.');
    end if;
  end if;
  if $7 is not null then
    if $7 not in ('ko', 'en') then
      perform private.refuse(422, 'invalid_reminder', 'language must be ko or en.');
    end if;
    settings.language := $7;
  end if;
  settings.by_mail := coalesce($8, settings.by_mail);
  update public.reminder_settings r
  set is_enabled = settings.is_enabled, time_of_day = settings.time_of_day, days_before = settings.days_before,
      time_zone = settings.time_zone, quiet_from = settings.quiet_from, quiet_until = settings.quiet_until,
      language = settings.language, by_mail = settings.by_mail,
      mail_refusals = case when $8 then 0 else r.mail_refusals end,
      mail_refused_on = case when $8 then null else r.mail_refused_on end,
      is_released = false, next_due_at = private.next_reminder(settings, now())
  where r.user_id = settings.user_id
  returning * into settings;
  return settings;
end
$_$;
REVOKE ALL ON FUNCTION public.set_reminders(is_enabled boolean, time_of_day text, days_before integer, time_zone text, quiet_from text, quiet_until text, language text, by_mail boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION public.set_reminders(is_enabled boolean, time_of_day text, days_before integer, time_zone text, quiet_from text, quiet_until text, language text, by_mail boolean) TO authenticated;
GRANT ALL ON FUNCTION public.set_reminders(is_enabled boolean, time_of_day text, days_before integer, time_zone text, quiet_from text, quiet_until text, language text, by_mail boolean) TO service_role;
COMMENT ON FUNCTION public.set_reminders(is_enabled boolean, time_of_day text, days_before integer, time_zone text, quiet_from text, quiet_until text, language text, by_mail boolean) IS 'Turns the calling user''s reminders on or off and sets when they come; what is not given stays, and the first call turns them on. by_mail sends them by mail, too, if the environment has a mail server. Times are of the form 18:00 in time_zone, a name such as Asia/Seoul; empty quiet hours remove them. Returns the settings. Idempotent. Errors by hint: unauthorized, invalid_reminder, rate_limited. Runs as its owner, because users may not write reminder_settings.';

-- public.settle_push_tickets

CREATE FUNCTION public.settle_push_tickets(p_ticket_ids text[], p_gone_ids text[], p_gone_tokens text[]) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with gone as (
    delete from public.push_tokens p
    where p.token = any (p_gone_tokens)
      or p.token in (
        select t.token from private.push_tickets t
        -- Registered again since then: the app is back.
        where t.ticket_id = any (p_gone_ids) and p.registered_at < t.sent_at and p.user_id = t.user_id
      )
    returning 1
  ), settled as (
    delete from private.push_tickets t where t.ticket_id = any (p_ticket_ids)
  )
  select count(*)::integer from gone
$$;
REVOKE ALL ON FUNCTION public.settle_push_tickets(p_ticket_ids text[], p_gone_ids text[], p_gone_tokens text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.settle_push_tickets(p_ticket_ids text[], p_gone_ids text[], p_gone_tokens text[]) TO service_role;
COMMENT ON FUNCTION public.settle_push_tickets(p_ticket_ids text[], p_gone_ids text[], p_gone_tokens text[]) IS 'Forgets tickets whose delivery is known, and removes the devices that the app is gone from: by tickets, or by tokens. Returns the number of removed devices.';

-- public.settle_reminder_mails

CREATE FUNCTION public.settle_reminder_mails(p_delivered_to uuid[], p_refused_by uuid[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.reminder_settings r set mail_refusals = 0, mail_refused_on = null
  where r.user_id = any (p_delivered_to) and r.mail_refused_on is not null;
  insert into private.mail_days (day)
  select distinct r.last_day from public.reminder_settings r
  where r.user_id = any (p_delivered_to) and r.last_day is not null
  on conflict (day) do nothing;
  update public.reminder_settings r
  set mail_refusals = earlier.refusals, mail_refused_on = r.last_day,
      by_mail = r.by_mail
        and earlier.refusals + exists (select from private.mail_days d where d.day = r.last_day)::integer
          < coalesce(private.setting('mail_refusals')::integer, 3)
  from (
    -- The latest refusal counts now, because others may have got their mails later on that day.
    select s.user_id,
      s.mail_refusals + exists (select from private.mail_days d where d.day = s.mail_refused_on)::integer as refusals
    from public.reminder_settings s
    where s.user_id = any (p_refused_by)
  ) earlier
  where r.user_id = earlier.user_id and r.mail_refused_on is distinct from r.last_day
$$;
REVOKE ALL ON FUNCTION public.settle_reminder_mails(p_delivered_to uuid[], p_refused_by uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION public.settle_reminder_mails(p_delivered_to uuid[], p_refused_by uuid[]) TO service_role;
COMMENT ON FUNCTION public.settle_reminder_mails(p_delivered_to uuid[], p_refused_by uuid[]) IS 'Tells which users'' reminders the mail server accepted, and whose addresses it refused for good. Users whose address it refused on several days in a row (setting mail_refusals, 3) get no more mails until they turn them on again. Only days on which it accepted mails to others count. Idempotent for the reminders of one day.';

-- public.spending_by_category

CREATE FUNCTION public.spending_by_category(months integer DEFAULT 12) RETURNS TABLE(month date, category text, won bigint, items integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select s.month, c.code, s.won, s.items
    from (
      select date_trunc('month', i.bought_at)::date as month, i.category_id, sum(i.won)::bigint as won,
        count(*)::integer as items
      from public.receipts r
      cross join lateral (
        select i.category_id, coalesce(i.amount, 0)::bigint + i.discount as won,
          coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul') as bought_at
        from public.receipt_items i where i.receipt_id = r.id
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
        and r.deleted_at is null and r.duplicate_of is null and i.bought_at >= since
        and i.bought_at::date <= (select private.last_day())
      group by 1, 2
    ) s
    join public.categories c on c.id = s.category_id
    order by 1, 3 desc;
end
$_$;
REVOKE ALL ON FUNCTION public.spending_by_category(months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.spending_by_category(months integer) TO authenticated;
GRANT ALL ON FUNCTION public.spending_by_category(months integer) TO service_role;
COMMENT ON FUNCTION public.spending_by_category(months integer) IS 'What the calling user spent per month and category: the sums of the items less their discounts, which may differ from the totals where a discount applies to a whole receipt. Items of an order list count on the day of their order. Errors by hint: invalid_period, rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.spending_by_month

CREATE FUNCTION public.spending_by_month(months integer DEFAULT 12) RETURNS TABLE(month date, won bigint, receipts integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select p.month, sum(p.won)::bigint, count(distinct p.receipt_id)::integer
    from private.spending_since(since) p
    group by 1
    order by 1;
end
$_$;
REVOKE ALL ON FUNCTION public.spending_by_month(months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.spending_by_month(months integer) TO authenticated;
GRANT ALL ON FUNCTION public.spending_by_month(months integer) TO service_role;
COMMENT ON FUNCTION public.spending_by_month(months integer) IS 'What the calling user spent per month of purchase, the current one and those before: the totals of the receipts, without duplicates; the sum of the items where a total is missing. Items of an order list count in the month of their order. Refunds are negative. Months without a receipt are left out. Errors by hint: invalid_period, rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.spending_by_store

CREATE FUNCTION public.spending_by_store(months integer DEFAULT 12) RETURNS TABLE(month date, store_name text, won bigint, receipts integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select p.month, min(p.store_name), sum(p.won)::bigint, count(distinct p.receipt_id)::integer
    from private.spending_since(since) p
    group by 1, p.store_key
    order by 1, 3 desc;
end
$_$;
REVOKE ALL ON FUNCTION public.spending_by_store(months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.spending_by_store(months integer) TO authenticated;
GRANT ALL ON FUNCTION public.spending_by_store(months integer) TO service_role;
COMMENT ON FUNCTION public.spending_by_store(months integer) IS 'As spending_by_month, per store, the one with the most spending first; store_name is null where none was read. Names that differ in spaces or case are one store. Errors by hint: invalid_period, rate_limited. Runs as its owner, because row level security would check every item again.';

-- public.store_bulk_page

CREATE FUNCTION public.store_bulk_page(p_source text, p_started_at timestamp with time zone, p_page integer, p_pages integer, p_rows jsonb, p_now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  load public.product_bulk_loads;
  page_rows constant jsonb := private.json_argument(p_rows);
  page_row jsonb;
  stored_rows integer := 0;
  bad_rows integer := 0;
begin
  select * into load from public.product_bulk_loads where source = p_source for update;
  if load.started_at <> p_started_at or load.next_page <> p_page or load.finished_at is not null then
    return to_jsonb(load); -- another worker stored this page or started a new load
  end if;
  if page_rows is null or jsonb_typeof(page_rows) = 'null' then
    bad_rows := 1; -- the page cannot be read
  else
    begin
      stored_rows := private.store_bulk_rows(p_source, page_rows, p_now);
    exception when data_exception or integrity_constraint_violation then
      -- One by one, so that a bad row does not stop the load.
      for page_row in select r.value from jsonb_array_elements(page_rows) r loop
        begin
          stored_rows := stored_rows + private.store_bulk_rows(p_source, jsonb_build_array(page_row), p_now);
        exception when data_exception or integrity_constraint_violation then
          bad_rows := bad_rows + 1;
        end;
      end loop;
    end;
  end if;
  update public.product_bulk_loads
  set next_page = p_page + 1, pages = coalesce(p_pages, pages), stored = stored + stored_rows,
      set_aside = set_aside + bad_rows,
      finished_at = case when p_page >= coalesce(p_pages, pages) then p_now end
  where source = p_source
  returning * into load;
  if load.finished_at is not null and load.set_aside = 0 then
    -- Removes products that the data set no longer contains, unless it shrank by more than half: then it may be broken.
    delete from public.products_bulk b
    where b.source = p_source and b.loaded_at < load.started_at
      and 2 * (select count(*) from public.products_bulk n where n.source = p_source and n.loaded_at >= load.started_at)
        >= (select count(*) from public.products_bulk a where a.source = p_source);
  end if;
  return to_jsonb(load);
end
$$;
REVOKE ALL ON FUNCTION public.store_bulk_page(p_source text, p_started_at timestamp with time zone, p_page integer, p_pages integer, p_rows jsonb, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_bulk_page(p_source text, p_started_at timestamp with time zone, p_page integer, p_pages integer, p_rows jsonb, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.store_bulk_page(p_source text, p_started_at timestamp with time zone, p_page integer, p_pages integer, p_rows jsonb, p_now timestamp with time zone) IS 'Stores a page and the progress of the load in one transaction. Rows that cannot be stored are counted in set_aside, and so is a page without rows (null), which could not be read. The last page also removes products that the data set no longer contains, if every row was stored.';

-- public.store_push_tickets

CREATE FUNCTION public.store_push_tickets(p_tickets jsonb, p_now timestamp with time zone DEFAULT now()) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- Expo recommends to wait 15 minutes.
  insert into private.push_tickets (ticket_id, user_id, token, sent_at, due_at)
  select t.id, t.user_id, t.token, p_now, p_now + interval '15 minutes'
  from jsonb_to_recordset(private.json_argument(p_tickets)) as t (id text, user_id uuid, token text)
  where length(t.id) between 1 and 100 and exists (select from auth.users u where u.id = t.user_id)
  order by t.id
  on conflict (ticket_id) do nothing
$$;
REVOKE ALL ON FUNCTION public.store_push_tickets(p_tickets jsonb, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_push_tickets(p_tickets jsonb, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.store_push_tickets(p_tickets jsonb, p_now timestamp with time zone) IS 'Stores the tickets of accepted notifications: [{id, user_id, token}].';

-- public.store_reading_sample

CREATE FUNCTION public.store_reading_sample(p_id uuid, p_line jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  line constant jsonb := private.json_argument(p_line);
  sample private.reading_samples;
begin
  select * into sample from private.reading_samples s where s.id = p_id;
  -- The user may have withdrawn the consent, or deleted the photo, while its line was being cropped.
  perform private.lock_user(sample.user_id);
  perform from private.reading_samples s where s.id = p_id for update;
  if not found then
    return false;
  elsif coalesce(jsonb_typeof(line), 'null') = 'null' or not private.has_reading_consent(sample.user_id) then
    delete from private.reading_samples s where s.id = p_id;
    return false;
  end if;
  insert into private.reading_crops (sample_id, png) values (p_id, decode(line ->> 'png', 'base64'))
  on conflict (sample_id) do update set png = excluded.png;
  update private.reading_samples s
  set line_text = left(line ->> 'text', 500), confidence = (line ->> 'confidence')::real
  where s.id = p_id;
  return true;
end
$$;
REVOKE ALL ON FUNCTION public.store_reading_sample(p_id uuid, p_line jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_reading_sample(p_id uuid, p_line jsonb) TO service_role;
COMMENT ON FUNCTION public.store_reading_sample(p_id uuid, p_line jsonb) IS 'Stores the crop of a reading sample, {text, confidence, png}, or deletes the sample if its line was not found (null) or its user does not consent any more. Returns whether it was stored: not if the sample has been deleted meanwhile. Idempotent.';

-- public.store_reread

CREATE FUNCTION public.store_reread(p_run text, p_receipt_id uuid, p_result jsonb) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  result constant jsonb := private.json_argument(p_result);
  run private.reread_runs;
  reread private.rereads;
  receipt public.receipts;
  obstacle text;
  items jsonb; -- those of the receipt, with is_decided, and the line_no of the one in the same place of the result
  read_items jsonb; -- the items of the result
  matches jsonb; -- line_no in the result, by id of the item
  adds_items boolean;
  store text;
  purchase_time timestamp;
  total_amount integer;
  changes jsonb;
begin
  select o.* into run from private.reread_runs o where o.name = p_run;
  -- The user first, as in every correction.
  perform private.lock_user(r.user_id) from public.receipts r where r.id = p_receipt_id;
  select r.* into receipt from public.receipts r where r.id = p_receipt_id for update;
  select x.* into reread from private.rereads x where x.run_name = p_run and x.receipt_id = p_receipt_id for update;
  if not found then
    return 'skipped'; -- deleted with its receipt
  elsif reread.state <> 'waiting' then
    return reread.state;
  end if;
  obstacle := private.reread_obstacle(receipt.id);
  if obstacle is not null then
    return private.end_reread(p_run, p_receipt_id, 'skipped', obstacle);
  elsif not result -> 'model_versions' @> (run.rules -> 'models') then
    return 'other_models';
  end if;

  -- A field that the user corrected stays.
  store := case when private.is_corrected(receipt.id, 'store_name') then receipt.store_name
    else result #>> '{receipt,store}' end;
  purchase_time := case when private.is_corrected(receipt.id, 'purchased_at') then receipt.purchased_at
    else (result #>> '{receipt,purchased_at}')::timestamp end;
  total_amount := case when private.is_corrected(receipt.id, 'total') then receipt.total
    else (result #>> '{receipt,total}')::integer end;

  select coalesce(jsonb_agg(to_jsonb(n) order by n.line_no), '[]') into read_items
  from private.items_of_result(receipt, result, store, purchase_time) n;
  -- The item in the same place on the photo.
  with pair as (
    select i.id, n.line_no, private.box_overlap(i.box, n.box) as overlap
    from public.receipt_items i
    cross join jsonb_to_recordset(read_items) as n (line_no integer, box jsonb)
    where i.receipt_id = receipt.id and i.box is not null
  ), ranked as (
    select p.*, row_number() over (partition by p.id order by p.overlap desc, p.line_no) as of_item,
      row_number() over (partition by p.line_no order by p.overlap desc, p.id) as of_read
    from pair p where p.overlap > 0.4
  )
  select coalesce(jsonb_object_agg(r.id, r.line_no), '{}') into matches
  from ranked r where r.of_item = 1 and r.of_read = 1;
  select coalesce(jsonb_agg(
    (to_jsonb(i) - 'box' - 'alternatives') || jsonb_build_object(
      'match', matches -> i.id::text,
      -- An item on which the user has decided anything stays as it is.
      'is_decided', i.status <> 'pending' or i.decided_by = 'user' or i.predicted_category_id is null
        or exists (select from public.item_feedback f where f.receipt_item_id = i.id)
        or exists (select from public.user_category_feedback f where f.receipt_item_id = i.id)
    ) order by i.line_no
  ), '[]') into items
  from public.receipt_items i where i.receipt_id = receipt.id;
  -- Who typed what was not read has a complete list. An item that the user decided on and that is not found again may
  -- be one of those that would be added. Then nothing is added, and nothing that is not found again is removed.
  adds_items := not exists (
    select from jsonb_array_elements(items) i
    where i.value ->> 'predicted_category_id' is null
      or (i.value ->> 'is_decided')::boolean and i.value -> 'match' = 'null'
  );
  if not adds_items then
    select jsonb_agg(
      case when i.value -> 'match' = 'null' then i.value || '{"is_decided": true}' else i.value end
    ) into items
    from jsonb_array_elements(items) i;
  end if;
  -- What is new or may change.
  select coalesce(
    jsonb_agg(n.value || jsonb_build_object('id', coalesce(i.value ->> 'id', gen_random_uuid()::text))), '[]'
  ) into read_items
  from jsonb_array_elements(read_items) n
  left join jsonb_array_elements(items) i on (i.value ->> 'match')::integer = (n.value ->> 'line_no')::integer
  where not coalesce((i.value ->> 'is_decided')::boolean, not adds_items);

  with change (place, line_no, what, field, was, becomes) as (
    select 0, null::integer, 'receipt', f.field, f.was, f.becomes
    from (
      values ('store_name', to_jsonb(receipt.store_name), to_jsonb(store)),
        ('purchased_at', to_jsonb(receipt.purchased_at), to_jsonb(purchase_time)),
        ('total', to_jsonb(receipt.total), to_jsonb(total_amount))
    ) f (field, was, becomes)
    union all
    select 1, (n.value ->> 'line_no')::integer, 'item', f.field,
      case when f.field = 'category' then private.category_code(i.value -> 'category_id') else i.value -> f.field end,
      case when f.field = 'category' then private.category_code(n.value -> 'category_id') else n.value -> f.field end
    from jsonb_array_elements(read_items) n
    join jsonb_array_elements(items) i on i.value ->> 'id' = n.value ->> 'id'
    cross join unnest(array[
      'name', 'category', 'quantity', 'unit', 'unit_price', 'amount', 'discount', 'barcode', 'purchased_on', 'storage',
      'expires_on'
    ]) f (field)
    union all
    select 2, (n.value ->> 'line_no')::integer, 'added', 'item', null, n.value -> 'name'
    from jsonb_array_elements(read_items) n
    where not exists (select from jsonb_array_elements(items) i where i.value ->> 'id' = n.value ->> 'id')
    union all
    select 3, (i.value ->> 'line_no')::integer, 'removed', 'item', i.value -> 'name', null
    from jsonb_array_elements(items) i
    where not (i.value ->> 'is_decided')::boolean and i.value -> 'match' = 'null'
  )
  select coalesce(jsonb_agg(
    jsonb_build_object('what', c.what, 'line_no', c.line_no, 'field', c.field, 'from', c.was, 'to', c.becomes)
    order by c.place, c.line_no, c.field
  ), '[]') into changes
  from change c where coalesce(c.was, 'null') <> coalesce(c.becomes, 'null');

  if (run.rules ->> 'applies')::boolean then
    update public.receipt_items i set model_versions = coalesce(i.model_versions, receipt.model_versions)
    where i.receipt_id = receipt.id and i.predicted_category_id is not null
      and exists (
        select from jsonb_array_elements(items) o
        where o.value ->> 'id' = i.id::text and (o.value ->> 'is_decided')::boolean
      );
    delete from public.receipt_items i
    where i.receipt_id = receipt.id
      and exists (
        select from jsonb_array_elements(items) o
        where o.value ->> 'id' = i.id::text and not (o.value ->> 'is_decided')::boolean
      );
    insert into public.receipt_items (
      id, receipt_id, line_no, raw_text, predicted_name, name, quantity, unit, unit_price, amount, discount, barcode,
      gtin14, kind, predicted_category_id, category_id, confidence, alternatives, decided_by, uncertain_fields,
      storage, purchased_on, expires_on, box, status
    )
    select n.id, receipt.id,
      -- A line number that an item has which stays: the next ones after all.
      case when kept.id is null then n.line_no
        else last.line_no + row_number() over (partition by kept.id is null order by n.line_no)
      end,
      n.raw_text, n.predicted_name, n.name, n.quantity, n.unit, n.unit_price, n.amount, n.discount, n.barcode,
      n.gtin14, n.kind, n.predicted_category_id, n.category_id, n.confidence, n.alternatives, n.decided_by,
      n.uncertain_fields, n.storage, n.purchased_on, n.expires_on, n.box, n.status
    from jsonb_populate_recordset(null::public.receipt_items, read_items) n
    left join public.receipt_items kept on kept.receipt_id = receipt.id and kept.line_no = n.line_no
    cross join (
      select greatest(
        (select coalesce(max((m.value ->> 'line_no')::integer), 0) from jsonb_array_elements(read_items) m),
        (select coalesce(max(i.line_no), 0) from public.receipt_items i where i.receipt_id = receipt.id)
      ) as line_no
    ) last;
    update public.receipts r
    set store_name = store, purchased_at = purchase_time, total = total_amount,
        currency = case when private.is_corrected(r.id, 'total') then r.currency
          else coalesce(result #>> '{receipt,currency}', 'KRW') end,
        raw_lines = result -> 'lines',
        warnings = case when corrected.is_corrected then r.warnings else result -> 'warnings' end,
        uncertain_fields = case when corrected.is_corrected then r.uncertain_fields
          else private.uncertain_fields_of_result(receipt, result) end,
        contract_version = result ->> 'contract_version', model_versions = result -> 'model_versions',
        timings = result -> 'timings_ms',
        version = r.version + (changes <> '[]')::integer
    from (
      -- Corrections have settled warnings and uncertain fields.
      select exists (select from public.receipt_feedback f where f.receipt_id = p_receipt_id)
        or exists (select from jsonb_array_elements(items) i where (i.value ->> 'is_decided')::boolean) as is_corrected
    ) corrected
    where r.id = receipt.id;
    if changes <> '[]' then
      perform private.compare_duplicates(receipt.id);
      perform private.request_products(receipt.id);
      perform private.note_printed_names(receipt.id);
    end if;
    insert into private.changed_receipts (receipt_id) values (receipt.id);
    update private.rereads x set models = receipt.model_versions
    where x.run_name = p_run and x.receipt_id = p_receipt_id;
  end if;
  return private.end_reread(
    p_run, p_receipt_id, case when changes = '[]' then 'same' else 'changed' end, null, changes
  );
exception when data_exception or integrity_constraint_violation then
  raise exception using
    errcode = 'invalid_parameter_value', message = 'The result does not match the contract: ' || sqlerrm;
end
$$;
REVOKE ALL ON FUNCTION public.store_reread(p_run text, p_receipt_id uuid, p_result jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION public.store_reread(p_run text, p_receipt_id uuid, p_result jsonb) TO service_role;
COMMENT ON FUNCTION public.store_reread(p_run text, p_receipt_id uuid, p_result jsonb) IS 'Compares a new result of the OCR service (contract version 1.1) with a receipt of a run and, if the run applies changes, stores it where the user has decided nothing: fields of the receipt that were not corrected, and items that wait untouched. Items keep their ids if they are in the same place on the photo. Returns the outcome: same, changed, skipped; or other_models, if other models than those of the run have read, and then nothing is stored. Idempotent. A result that does not match the contract raises SQLSTATE 22023.';

-- public.suggest_names

CREATE FUNCTION public.suggest_names(typed text DEFAULT ''::text, max_names integer DEFAULT 10) RETURNS TABLE(name text, category text, unit text, storage text, gtin14 text, uses integer, source text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  key constant text := private.text_key($1);
begin
  perform private.count_call('suggest_names', 300);
  if length($1) > 200 then
    perform private.refuse(422, 'invalid_item', 'typed must have at most 200 characters.');
  elsif $2 is null or not $2 between 1 and 50 then
    perform private.refuse(422, 'invalid_period', 'max_names must be from 1 to 50.');
  end if;
  return query
    with used as (
      select i.name_key, i.name, i.category_id, i.unit, i.gtin14, r.created_at as used_at
      from public.receipts r
      cross join lateral (
        select i.* from public.receipt_items i
        where i.receipt_id = r.id and i.status <> 'dismissed' and strpos(i.name_key, key) > 0
        offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
      ) i
      where r.user_id = (select private.owner_id()) and r.deleted_at is null
      union all
      select v.name_key, v.name, v.category_id, v.unit, v.gtin14, v.created_at
      from public.inventory v
      where v.user_id = (select private.owner_id()) and v.receipt_item_id is null and strpos(v.name_key, key) > 0
    ), own as (
      select u.name_key, count(*)::integer as uses, max(u.used_at) as used_at
      from used u
      group by u.name_key
      -- What begins with the typed text first.
      order by strpos(u.name_key, key), count(*) desc, max(u.used_at) desc, u.name_key
      limit $2
    ), agreed as (
      select distinct on (first.name_key) first.*
      from (
        select a.name_key, a.name, a.category_id, a.gtin14, a.accounts
        from private.agreed_names a
        where length(key) >= 2 and a.name is not null and a.category_id is not null
          and a.name_key operator(pg_catalog.~>=~) key and a.name_key operator(pg_catalog.~<~) (key || chr(1114111))
        order by a.name_key using operator(pg_catalog.~<~)
        limit 200
      ) first
      order by first.name_key, first.accounts desc
    ), offered as (
      select latest.name, latest.category_id, latest.unit, latest.gtin14, o.uses, 'own' as source,
        row_number() over (order by strpos(o.name_key, key), o.uses desc, o.used_at desc) as place
      from own o
      cross join lateral (
        select u.* from used u where u.name_key = o.name_key order by u.used_at desc limit 1
      ) latest
      union all
      select a.name, a.category_id, null, a.gtin14, a.accounts, 'agreed',
        1000 + row_number() over (order by a.accounts desc, a.name_key)
      from agreed a
      where not exists (select from own o where o.name_key = a.name_key)
    )
    select o.name, c.code, o.unit, (private.shelf_life(o.name, o.category_id)).storage, o.gtin14, o.uses, o.source
    from offered o
    join public.categories c on c.id = o.category_id
    where o.place <= 1000 + $2
    order by o.place
    limit $2;
end
$_$;
REVOKE ALL ON FUNCTION public.suggest_names(typed text, max_names integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.suggest_names(typed text, max_names integer) TO authenticated;
GRANT ALL ON FUNCTION public.suggest_names(typed text, max_names integer) TO service_role;
COMMENT ON FUNCTION public.suggest_names(typed text, max_names integer) IS 'Names to choose from when a product is added by hand: those that the calling user has used which contain the typed text (source own), then those that households agree on which begin with it (agreed), from two characters on. With what add_to_inventory takes. Errors by hint: invalid_item, invalid_period, rate_limited. Runs as its owner, because users may not read agreed names.';

-- public.suggest_use_by

CREATE FUNCTION public.suggest_use_by(name text, category text, storage text DEFAULT NULL::text, purchased_on text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  estimate private.shelf_life;
  purchase_date constant date := coalesce(private.day($4), private.today());
begin
  if not private.dates_are_plausible(purchase_date) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000 or too far in the future.');
  end if;
  select (rule.estimate).* into estimate from private.rule_for($1, $2, $3) rule;
  return jsonb_build_object(
    'storage', estimate.storage,
    'expires_on', purchase_date + estimate.min_days,
    'min_days', estimate.min_days,
    'max_days', estimate.max_days,
    'basis', estimate.basis,
    'source', estimate.source
  );
end
$_$;
REVOKE ALL ON FUNCTION public.suggest_use_by(name text, category text, storage text, purchased_on text) FROM PUBLIC;
GRANT ALL ON FUNCTION public.suggest_use_by(name text, category text, storage text, purchased_on text) TO authenticated;
GRANT ALL ON FUNCTION public.suggest_use_by(name text, category text, storage text, purchased_on text) TO service_role;
COMMENT ON FUNCTION public.suggest_use_by(name text, category text, storage text, purchased_on text) IS 'The storage and use-by date that add_to_inventory would give a product of that name and category, bought today or on the given day. Errors by hint: invalid_item, unknown_category, unknown_storage, date_out_of_range.';

-- public.take_provider_calls

CREATE FUNCTION public.take_provider_calls(p_wants jsonb, p_now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  want record;
  state public.provider_states;
  quota_resets_at timestamptz;
  answers jsonb := jsonb_build_object();
begin
  for want in
    select * from jsonb_to_recordset(private.json_argument(p_wants)) as w (
      provider text, calls integer, one_at_a_time boolean, hold_seconds double precision, threshold integer,
      windows jsonb
    )
    order by provider -- a fixed order prevents deadlocks
  loop
    insert into public.provider_states (provider) values (want.provider) on conflict (provider) do nothing;
    select * into state from public.provider_states s where s.provider = want.provider for update;
    if state.refuse_until > p_now then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', state.reason, 'until', state.refuse_until));
      continue;
    elsif want.one_at_a_time and state.busy_until > p_now then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', 'busy', 'until', state.busy_until));
      continue;
    end if;

    select max(w.ends) into quota_resets_at
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz, ends timestamptz, "limit" integer)
    left join public.provider_quota q
      on q.provider = want.provider and q.period = w.period and q.window_start = w.starts
    where coalesce(q.used, 0) + want.calls > w."limit";
    if quota_resets_at is not null then
      answers := answers || jsonb_build_object(
        want.provider, jsonb_build_object('reason', 'quota', 'until', quota_resets_at));
      continue;
    end if;
    insert into public.provider_quota as q (provider, period, window_start, used)
    select want.provider, w.period, w.starts, want.calls
    from jsonb_to_recordset(want.windows) as w (period text, starts timestamptz)
    on conflict (provider, period, window_start) do update set used = q.used + excluded.used;
    delete from public.provider_quota q where q.provider = want.provider and q.window_start < p_now - interval '2 days';

    update public.provider_states s
    set busy_until = case when want.one_at_a_time then p_now + make_interval(secs => want.hold_seconds) end,
        -- The breaker was open until now: allow one trial call while the others wait.
        refuse_until = case when s.failures >= want.threshold then p_now + make_interval(secs => want.hold_seconds) end,
        reason = case when s.failures >= want.threshold then 'probe' end
    where s.provider = want.provider;
    answers := answers || jsonb_build_object(want.provider, null);
  end loop;
  return answers;
end
$$;
REVOKE ALL ON FUNCTION public.take_provider_calls(p_wants jsonb, p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION public.take_provider_calls(p_wants jsonb, p_now timestamp with time zone) TO service_role;
COMMENT ON FUNCTION public.take_provider_calls(p_wants jsonb, p_now timestamp with time zone) IS 'Reserves calls. Returns per provider null, if it may be called, or {reason, until} with the reason breaker, closed, quota, auth, probe or busy.';

-- public.undo_consumption

CREATE FUNCTION public.undo_consumption(inventory_id uuid, quantity double precision DEFAULT NULL::double precision) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  item public.inventory := private.lock_inventory_item($1);
  restored double precision := $2;
begin
  if restored is null and item.consumed_at is null then
    return item;
  elsif restored is null then
    select (h.changes #>> '{quantity,0}')::double precision into restored
    from public.inventory_history h
    where h.inventory_id = item.id and h.reason is not null and h.changes #>> '{quantity,1}' = '0'
    order by h.id desc limit 1;
    restored := coalesce(restored, item.bought_quantity);
  end if;
  -- The margin is for rounding: the quantity of the whole lot may have been rescaled.
  if not (restored >= item.quantity and restored > 0 and restored <= item.bought_quantity * 1.000001) then
    perform private.refuse(
      422, 'invalid_remaining', format('quantity must be between %s and %s.', item.quantity, item.bought_quantity)
    );
  end if;
  update public.inventory v
  set quantity = restored, consumed_at = null, consumed_reason = null
  where v.id = item.id
  returning * into item;
  -- What is there again was not consumed: of the latest consumptions first.
  update public.inventory_history h
  set reason = case when rest.share > 1e-9 then h.reason end,
      share = case when rest.share > 1e-9 then rest.share end
  from (
    select part.id, greatest(least(part.share, 1 - restored / item.bought_quantity - part.before), 0) as share
    from (
      select c.id, c.share, sum(c.share) over (order by c.id) - c.share as before
      from public.inventory_history c
      where c.inventory_id = item.id and c.reason is not null
    ) part
  ) rest
  where h.id = rest.id and h.share is distinct from rest.share;
  return item;
end
$_$;
REVOKE ALL ON FUNCTION public.undo_consumption(inventory_id uuid, quantity double precision) FROM PUBLIC;
GRANT ALL ON FUNCTION public.undo_consumption(inventory_id uuid, quantity double precision) TO authenticated;
GRANT ALL ON FUNCTION public.undo_consumption(inventory_id uuid, quantity double precision) TO service_role;
COMMENT ON FUNCTION public.undo_consumption(inventory_id uuid, quantity double precision) IS 'Undoes consume_inventory_item: the item is in stock with that quantity again, by default that before it was used up. What is there again counts neither as eaten nor as thrown away. Idempotent. Errors by hint: inventory_item_not_found, invalid_remaining. Runs as its owner, because users may not write inventory.';

-- public.upload_allowance

CREATE FUNCTION public.upload_allowance() RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'photos_left', u.photos, 'bytes_left', u.bytes,
    'retry_after_seconds',
      case when u.photos = 0 or u.bytes < u.usual_bytes then private.seconds_until_tomorrow() else 0 end
  )
  from (
    select private.quota_left((select auth.uid()), 'receipts') as photos,
      private.quota_left((select auth.uid()), 'stored_bytes') as bytes,
      least(private.photo_max_bytes(), private.daily_limit('stored_bytes')) as usual_bytes
  ) u
$$;
REVOKE ALL ON FUNCTION public.upload_allowance() FROM PUBLIC;
GRANT ALL ON FUNCTION public.upload_allowance() TO authenticated;
GRANT ALL ON FUNCTION public.upload_allowance() TO service_role;
COMMENT ON FUNCTION public.upload_allowance() IS 'What the calling user may still upload today: {photos_left, bytes_left, retry_after_seconds}. Storage refuses an upload over the quota with 403 and no reason; the app asks here for it. Quotas are renewed at midnight in Korea. Runs as its owner, because users may not read the quotas.';

-- public.waste_by_month

CREATE FUNCTION public.waste_by_month(months integer DEFAULT 12) RETURNS TABLE(month date, category text, won bigint, items integer, items_without_price integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
#variable_conflict use_column
declare
  since constant date := private.first_month($1);
begin
  perform private.count_call('statistics', 120);
  return query
    select date_trunc('month', h.changed_at at time zone 'Asia/Seoul')::date, c.code,
      coalesce(round(sum(v.price * h.share)), 0)::bigint, count(distinct v.id)::integer,
      count(distinct v.id) filter (where v.price is null)::integer
    from public.inventory_history h
    join public.inventory v on v.id = h.inventory_id
    join public.categories c on c.id = v.category_id
    where h.user_id = (select private.owner_id()) and h.reason = 'thrown_away'
      and h.changed_at >= since::timestamp at time zone 'Asia/Seoul'
    group by 1, 2
    order by 1, 3 desc;
end
$_$;
REVOKE ALL ON FUNCTION public.waste_by_month(months integer) FROM PUBLIC;
GRANT ALL ON FUNCTION public.waste_by_month(months integer) TO authenticated;
GRANT ALL ON FUNCTION public.waste_by_month(months integer) TO service_role;
COMMENT ON FUNCTION public.waste_by_month(months integer) IS 'What the calling user threw away per month and category: won is the part of the price of each item that was thrown away. items counts the items, items_without_price those whose price is unknown. Errors by hint: invalid_period, rate_limited. Runs as its owner, because row level security would check every row again.';

-- private.account_figures

CREATE FUNCTION private.account_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select 'account_deletion_oldest_seconds', '{}'::jsonb,
    greatest(coalesce(extract(epoch from p_now - min(d.requested_at)), 0), 0)
  from public.account_deletions d
  union all
  select 'deletions_set_aside', '{}', (select count(*) from private.deletions_set_aside)
$$;
REVOKE ALL ON FUNCTION private.account_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.account_figures(p_now timestamp with time zone) IS 'Metrics of accounts that are waiting for their deletion, and of receipts whose deletion fails.';

-- private.account_is_open

CREATE FUNCTION private.account_is_open() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (select from auth.users u where u.id = (select auth.uid()))
    and not exists (select from public.account_deletions d where d.user_id = (select auth.uid()))
$$;
REVOKE ALL ON FUNCTION private.account_is_open() FROM PUBLIC;
GRANT ALL ON FUNCTION private.account_is_open() TO authenticated;
COMMENT ON FUNCTION private.account_is_open() IS 'Whether the calling user exists and has not requested deletion. An access token stays valid for up to an hour after its user is deleted.';

-- private.alias_of

CREATE FUNCTION private.alias_of(p_user_id uuid, p_store text, p_text text) RETURNS TABLE(name text, category_id smallint, decided_by text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select a.name, a.category_id,
    case when a.store_key = private.text_key(p_store) then 'alias' else 'alias_elsewhere' end
  from public.item_aliases a
  where a.user_id = p_user_id and a.text_key = private.text_key(p_text)
  order by (a.store_key = private.text_key(p_store)) desc, a.uses desc
  limit 1
$$;
REVOKE ALL ON FUNCTION private.alias_of(p_user_id uuid, p_store text, p_text text) FROM PUBLIC;
COMMENT ON FUNCTION private.alias_of(p_user_id uuid, p_store text, p_text text) IS 'The user''s alias for a text that this store prints, otherwise their alias for the same text at another store.';

-- private.annotated_names

CREATE FUNCTION private.annotated_names(p_until timestamp with time zone) RETURNS TABLE(text_key text, item_text text, category text, decided_at timestamp with time zone, is_audited boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select f.text_key, f.item_text, f.category_code, f.finished_at,
    exists (select from public.audit_items a where a.text_key = f.text_key and a.sampled_at <= p_until)
  from public.finished_annotations f
  where f.finished_at <= p_until
  order by f.text_key
$$;
REVOKE ALL ON FUNCTION private.annotated_names(p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.annotated_names(p_until timestamp with time zone) TO retraining;
COMMENT ON FUNCTION private.annotated_names(p_until timestamp with time zone) IS 'Names that annotators agree on, without the annotators, and since when. is_audited: they were drawn at random, so that no user chose them.';

-- private.apply_photo_event

CREATE FUNCTION private.apply_photo_event(p_event private.photo_event) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  e constant private.photo_event := p_event;
begin
  if e.event = 'uploaded' then
    perform private.queue_receipt(e.bucket, e.object_path, e.object_version, e.bytes, e.noticed_at);
    return;
  elsif e.event = 'deleted' then
    perform private.end_photos(e.bucket, e.object_path);
    return;
  end if;
  if exists (
    select from public.receipts r
    where r.bucket = e.bucket and r.object_path = e.object_path and r.object_version = e.object_version
  ) then
    return;
  elsif split_part(e.previous_path, '/', 1) <> split_part(e.object_path, '/', 1) then
    -- To another user's folder, which only the secret key can do: another receipt.
    perform private.end_photos(e.bucket, e.previous_path);
  else
    perform private.end_replaced_receipts(e.bucket, e.object_path, e.object_version);
    update public.receipts r
    set object_path = e.object_path,
        object_version = case r.object_version when e.previous_version then e.object_version else r.object_version end
    where r.bucket = e.bucket and r.object_path = e.previous_path;
  end if;
  -- Idempotent: does nothing if the photo's receipt has been moved with it.
  perform private.queue_receipt(e.bucket, e.object_path, e.object_version, e.bytes, e.noticed_at);
end
$$;
REVOKE ALL ON FUNCTION private.apply_photo_event(p_event private.photo_event) FROM PUBLIC;
COMMENT ON FUNCTION private.apply_photo_event(p_event private.photo_event) IS 'Applies the upload, move or deletion of a photo to its receipt. A move renames the path of the receipt. Idempotent.';

-- private.as_file

CREATE FUNCTION private.as_file(p_format text, p_page integer, p_columns text[], p_rows jsonb) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  file text;
begin
  if p_format = 'json' then
    select coalesce(jsonb_agg((
      select jsonb_object_agg(p_columns[e.place], e.value)
      from jsonb_array_elements(r.line) with ordinality e (value, place)
    ) order by r.place), '[]')::text into file
    from jsonb_array_elements(p_rows) with ordinality r (line, place);
    return file;
  end if;
  select coalesce(string_agg(private.csv_line(r.line), '' order by r.place), '') into file
  from jsonb_array_elements(p_rows) with ordinality r (line, place);
  return case when p_page = 0 then private.csv_line(to_jsonb(p_columns)) else '' end || file;
end
$$;
REVOKE ALL ON FUNCTION private.as_file(p_format text, p_page integer, p_columns text[], p_rows jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.as_file(p_format text, p_page integer, p_columns text[], p_rows jsonb) IS 'Rows, an array of arrays, as CSV with a header on page 0, or as a JSON array of objects.';

-- private.audit_figures

CREATE FUNCTION private.audit_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with audited as (
    select date_trunc('month', a.week)::date as month, count(*)::double precision as n,
      (count(*) filter (where a.predicted_code = a.category_code))::double precision as n_right
    from public.finished_audits a
    where a.is_random and a.week > private.korean_day(p_now) - 400
    group by 1
  ), measured as (
    select a.month, to_char(a.month, 'YYYY-MM') as name, a.n, a.n_right, a.n_right / a.n as share,
      -- Wilson's interval, of 95 %.
      (a.n_right / a.n + 1.92 / a.n) / (1 + 3.84 / a.n) as middle,
      1.96 * sqrt(a.n_right / a.n * (1 - a.n_right / a.n) / a.n + 0.96 / a.n ^ 2) / (1 + 3.84 / a.n) as width,
      (extract(year from age(a.month, first.month)) * 12 + extract(month from age(a.month, first.month))) as months
    from audited a, (select min(date_trunc('month', week)::date) as month from public.audit_items) first
  )
  select 'audited_items', jsonb_build_object('month', m.name, 'result', r.result), r.n
  from measured m cross join lateral (values ('right', m.n_right), ('wrong', m.n - m.n_right)) r (result, n)
  union all
  select 'audit_accuracy', jsonb_build_object('month', m.name, 'bound', b.bound), b.value
  from measured m
  cross join lateral (
    values ('low', m.middle - m.width), ('estimate', m.share), ('high', m.middle + m.width)
  ) b (bound, value)
  union all
  -- The product's goal: 80 % in the first month, two points more each month, at most 95 %.
  select 'audit_goal', jsonb_build_object('month', m.name), least(0.95, 0.80 + 0.02 * m.months) from measured m
$$;
REVOKE ALL ON FUNCTION private.audit_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.audit_figures(p_now timestamp with time zone) IS 'Metrics of the accuracy of predictions by month, in the random audit samples that annotators have decided, with its 95 % interval and the goal.';

-- private.audited_names

CREATE FUNCTION private.audited_names(p_until timestamp with time zone) RETURNS TABLE(text_key text, item_text text, category text, times integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select a.text_key, min(a.item_text), min(a.category_code), count(*)::integer
  from public.finished_audits a
  join public.audit_items i on i.week = a.week and i.place = a.place
  where i.sampled_at <= p_until
  group by a.text_key
  order by a.text_key
$$;
REVOKE ALL ON FUNCTION private.audited_names(p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.audited_names(p_until timestamp with time zone) TO retraining;
COMMENT ON FUNCTION private.audited_names(p_until timestamp with time zone) IS 'Names of the random audit samples whose category annotators agree on, and how often each was drawn.';

-- private.begin_file

CREATE FUNCTION private.begin_file(p_format text, p_page integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.require_user();
  if p_format is null or p_format not in ('csv', 'json') then
    perform private.refuse(422, 'unknown_format', 'format must be csv or json.');
  elsif p_page is null or not p_page between 0 and 1000 then
    perform private.refuse(422, 'invalid_period', 'page must be from 0 to 1000.');
  end if;
  perform private.use_quota('export_pages', 1);
end
$$;
REVOKE ALL ON FUNCTION private.begin_file(p_format text, p_page integer) FROM PUBLIC;
COMMENT ON FUNCTION private.begin_file(p_format text, p_page integer) IS 'Checks the arguments of a file and takes a page from the daily quota. Errors by hint: unknown_format, invalid_period, rate_limited.';

-- private.bought_items

CREATE FUNCTION private.bought_items(p_week date, p_limit integer) RETURNS TABLE(item_text text, predicted_category_id smallint, category_id smallint, model_version text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select i.predicted_name, i.predicted_category_id, i.category_id, i.model_version
  from (
    select i.*, coalesce(i.model_versions, r.model_versions) ->> 'category' as model_version, md5(i.id::text || p_week) as lot,
      row_number() over (partition by r.user_id order by md5(i.id::text || p_week)) as item_of_user
    from public.receipts r
    join public.receipt_items i on i.receipt_id = r.id and i.predicted_category_id is not null
    where r.created_at >= private.korean_midnight(p_week) and r.created_at < private.korean_midnight(p_week + 7)
      and r.status = 'done' and r.duplicate_of is null and r.deleted_at is null and not private.is_canary(r.object_path)
  ) i
  -- So that a user who uploads a hundred times as much as others is not what accuracy is measured on.
  where i.item_of_user <= 20
  order by i.lot
  limit p_limit
$$;
REVOKE ALL ON FUNCTION private.bought_items(p_week date, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.bought_items(p_week date, p_limit integer) TO annotation;
COMMENT ON FUNCTION private.bought_items(p_week date, p_limit integer) IS 'Line items of a week in random order, which is the same in every call, at most 20 of a user. p_week is the Monday.';

-- private.bought_later

CREATE FUNCTION private.bought_later(p_lot public.inventory, p_days integer) RETURNS public.inventory
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  lot public.inventory := p_lot;
begin
  lot.purchased_on := lot.purchased_on + p_days;
  if lot.expiry_basis = 'purchase' and lot.moved_on is null and lot.opened_on is null then
    lot.expires_on := lot.expires_on + p_days;
  end if;
  return lot;
end
$$;
REVOKE ALL ON FUNCTION private.bought_later(p_lot public.inventory, p_days integer) FROM PUBLIC;
COMMENT ON FUNCTION private.bought_later(p_lot public.inventory, p_days integer) IS 'The inventory row as if it had been bought so many days later: its estimate follows if it was neither moved nor opened.';

-- private.bought_names

CREATE FUNCTION private.bought_names(p_since timestamp with time zone, p_until timestamp with time zone, p_limit integer) RETURNS TABLE(item_text text, times integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select min(i.predicted_name), count(*)::integer
  from (
    select r.id, r.user_id from public.receipts r
    where r.created_at > p_since and r.created_at <= p_until and r.status = 'done' and r.deleted_at is null
    order by r.created_at desc
    limit 20000
  ) latest
  join public.receipt_items i on i.receipt_id = latest.id and i.predicted_category_id is not null
  group by private.text_key(i.predicted_name)
  having count(distinct latest.user_id) > 1
  order by 2 desc, 1
  limit p_limit
$$;
REVOKE ALL ON FUNCTION private.bought_names(p_since timestamp with time zone, p_until timestamp with time zone, p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.bought_names(p_since timestamp with time zone, p_until timestamp with time zone, p_limit integer) TO retraining;
COMMENT ON FUNCTION private.bought_names(p_since timestamp with time zone, p_until timestamp with time zone, p_limit integer) IS 'The names that users bought most often in a time, as read, if at least two users bought them; of the latest 20,000 receipts.';

-- private.box_overlap

CREATE FUNCTION private.box_overlap(p_one jsonb, p_other jsonb) RETURNS double precision
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  with b as (
    select (p_one ->> 0)::double precision x0, (p_one ->> 1)::double precision y0, (p_one ->> 2)::double precision x1,
      (p_one ->> 3)::double precision y1, (p_other ->> 0)::double precision u0, (p_other ->> 1)::double precision v0,
      (p_other ->> 2)::double precision u1, (p_other ->> 3)::double precision v1
  ), common as (
    select b.*, greatest(0, least(x1, u1) - greatest(x0, u0)) * greatest(0, least(y1, v1) - greatest(y0, v0)) as area
    from b
  )
  select coalesce(area / nullif((x1 - x0) * (y1 - y0) + (u1 - u0) * (v1 - v0) - area, 0), 0) from common
$$;
REVOKE ALL ON FUNCTION private.box_overlap(p_one jsonb, p_other jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.box_overlap(p_one jsonb, p_other jsonb) IS 'The common area of two boxes [x0, y0, x1, y1], as a share of the area that they cover together.';

-- private.broadcast_change

CREATE FUNCTION private.broadcast_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '1s'
    AS $$
declare
  status text;
begin
  if tg_op = 'DELETE' then
    perform realtime.send(
      jsonb_build_object('id', old.id, 'status', 'deleted', 'version', old.version + 1),
      tg_table_name::text, 'user:' || old.user_id
    );
    return null;
  elsif tg_table_name = 'receipts' then
    status := case when new.deleted_at is null then new.status else 'deleted' end;
  else
    status := case when new.consumed_at is null then 'in_stock' else 'consumed' end;
  end if;
  perform realtime.send(
    jsonb_build_object('id', new.id, 'status', status, 'version', new.version),
    tg_table_name::text, 'user:' || new.user_id
  );
  return null;
exception when others then
  -- Clients poll, so a change is worth more than its message.
  raise log 'a change of % was not broadcast: %', tg_table_name, sqlstate;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.broadcast_change() FROM PUBLIC;
COMMENT ON FUNCTION private.broadcast_change() IS 'Sends {id, status, version} to the topic user:{user_id}, with the table as the event. The status of a receipt is its column, that of an inventory row is in_stock or consumed, and that of a deleted row is deleted. Never raises.';

-- private.can_be_restored

CREATE FUNCTION private.can_be_restored(p_deleted_at timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select p_deleted_at >= now() - private.undo_time()
$$;
REVOKE ALL ON FUNCTION private.can_be_restored(p_deleted_at timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.can_be_restored(p_deleted_at timestamp with time zone) IS 'Whether a user can restore what they deleted then, which the time decides and not the job that deletes it for good; null if it was not deleted.';

-- private.category_code

CREATE FUNCTION private.category_code(p_category_id jsonb) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select to_jsonb(c.code) from public.categories c where c.id = (p_category_id #>> '{}')::smallint
$$;
REVOKE ALL ON FUNCTION private.category_code(p_category_id jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.category_code(p_category_id jsonb) IS 'The code of a category.';

-- private.category_votes

CREATE FUNCTION private.category_votes(p_until timestamp with time zone) RETURNS TABLE(voter text, text_key text, item_text text, category text, voted_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.voter(f.user_id), private.text_key(f.item_text), f.item_text, c.code, f.created_at
  from public.user_category_feedback f
  join public.categories c on c.id = f.corrected_category_id
  -- A line item that the user added has no prediction, and its name was typed, not read from a receipt.
  where f.created_at <= p_until and f.predicted_category_id is not null
  order by f.created_at, f.id
$$;
REVOKE ALL ON FUNCTION private.category_votes(p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.category_votes(p_until timestamp with time zone) TO retraining;
COMMENT ON FUNCTION private.category_votes(p_until timestamp with time zone) IS 'All corrections and confirmations of predicted categories until a time, oldest first. The voter is null if the account was deleted.';

-- private.change_figures

CREATE FUNCTION private.change_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select f.metric, f.labels || jsonb_build_object('window', f.span),
    coalesce((
      select sum(c.n) from private.counts c
      where c.metric = 'changes' and c.at > p_now - f.length and c.labels = f.labels
    ), 0)
  from (
    select 'feedback' as metric, jsonb_build_object('kind', k.kind) as labels, w.span, w.length
    from (values ('1d', interval '1 day'), ('7d', interval '7 days')) w (span, length),
      unnest(array['correction', 'confirmation']) k (kind)
    union all
    select 'item_changes', jsonb_build_object('field', f.field), w.span, w.length
    from (values ('7d', interval '7 days'), ('28d', interval '28 days')) w (span, length),
      unnest(array['name', 'quantity', 'unit', 'storage', 'expires_on', 'dismissed']) f (field)
  ) f
$$;
REVOKE ALL ON FUNCTION private.change_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.change_figures(p_now timestamp with time zone) IS 'Metrics of users'' corrections and confirmations of categories, and of their changes to other fields.';

-- private.check_alias

CREATE FUNCTION private.check_alias() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Checked before the constraints, whose errors contain the row and would put it into the log.
  if coalesce(new.text_key, '') = '' or length(new.text_key) > 400 or length(new.store_key) > 200 then
    perform private.refuse(422, 'invalid_alias', 'text_key must have 1 to 400 characters, store_key at most 200.');
  elsif coalesce(btrim(new.name), '') = '' or length(new.name) > 200 then
    perform private.refuse(422, 'invalid_alias', 'name must have 1 to 200 characters.');
  elsif new.uses < 1 then
    perform private.refuse(422, 'invalid_alias', 'uses must be at least 1.');
  end if;
  return new;
end
$$;
REVOKE ALL ON FUNCTION private.check_alias() FROM PUBLIC;
COMMENT ON FUNCTION private.check_alias() IS 'Refuses an alias that a user writes with invalid values, in words.';

-- private.check_digit

CREATE FUNCTION private.check_digit(p_payload text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO ''
    AS $$
  -- GS1: weights 3 and 1 from the right.
  select ((10 - sum(digit::integer * case when place % 2 = 1 then 3 else 1 end) % 10) % 10)::text
  from string_to_table(reverse(p_payload), null) with ordinality as d (digit, place)
$$;
REVOKE ALL ON FUNCTION private.check_digit(p_payload text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.check_digit(p_payload text) TO authenticated;
COMMENT ON FUNCTION private.check_digit(p_payload text) IS 'The GS1 check digit of these digits.';

-- private.check_inventory

CREATE FUNCTION private.check_inventory() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
begin
  -- Checked before the constraints, whose errors contain the row and would put it into the log.
  if coalesce(btrim(new.name), '') = '' or length(new.name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  elsif not coalesce(new.quantity >= 0 and new.quantity < 1000000, false)
    or new.quantity = 0 and new.consumed_at is null
  then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  elsif length(new.unit) > 20 then
    perform private.refuse(422, 'invalid_item', 'unit must have at most 20 characters.');
  elsif new.storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  elsif new.gtin14 !~ '^[0-9]{14}$' then
    perform private.refuse(422, 'invalid_item', 'gtin14 is not a product number.');
  elsif new.image_url !~ '^https://' or length(new.image_url) > 2000 then
    perform private.refuse(422, 'invalid_item', 'image_url must be an https URL of at most 2000 characters.');
  elsif not new.price between 0 and 100000000 then
    perform private.refuse(422, 'invalid_item', 'price must be from 0 to 100,000,000 won.');
  elsif length(new.expiry_source) > 200
    or new.expiry_basis not in ('package', 'purchase', 'frozen', 'opened', 'thawed')
  then
    perform private.refuse(422, 'invalid_item', 'expiry_basis or expiry_source is invalid.');
  elsif not private.dates_are_plausible(
    new.purchased_on, new.expires_on, new.package_expires_on, new.moved_on, new.opened_on, new.consumed_at::date,
    new.created_at::date
  ) then
    perform private.refuse(422, 'date_out_of_range', 'A date is before 2000 or too far in the future.');
  end if;
  new.name_key := private.text_key(new.name);
  if tg_op = 'INSERT' then
    new.bought_quantity := coalesce(new.bought_quantity, nullif(new.quantity, 0), 1);
    new.storage := coalesce(
      new.storage, (select c.default_storage from public.categories c where c.id = new.category_id)
    );
  end if;
  return new;
end
$_$;
REVOKE ALL ON FUNCTION private.check_inventory() FROM PUBLIC;
COMMENT ON FUNCTION private.check_inventory() IS 'Refuses an inventory row with invalid values, in words, sets name_key, and gives a new row the usual place of its category if it has none. Errors by hint: invalid_item, unknown_storage, date_out_of_range.';

-- private.check_item_values

CREATE FUNCTION private.check_item_values(p_name text, p_quantity double precision, p_unit text, p_unit_price integer, p_amount integer, p_discount integer) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if coalesce(btrim(p_name), '') = '' or length(p_name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have 1 to 200 characters.');
  elsif not coalesce(p_quantity > 0 and p_quantity < 1000000, false) then
    perform private.refuse(422, 'invalid_item', 'quantity must be more than 0 and less than 1,000,000.');
  elsif length(p_unit) > 20 then
    perform private.refuse(422, 'invalid_item', 'unit must have at most 20 characters.');
  elsif not (
    coalesce(p_unit_price, 0) between -100000000 and 100000000
    and coalesce(p_amount, 0) between -100000000 and 100000000
    and coalesce(p_discount, 0) between -100000000 and 0
  ) then
    perform private.refuse(
      422, 'invalid_item', 'Prices must be between -100,000,000 and 100,000,000, and discount at most 0.'
    );
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.check_item_values(p_name text, p_quantity double precision, p_unit text, p_unit_price integer, p_amount integer, p_discount integer) FROM PUBLIC;
COMMENT ON FUNCTION private.check_item_values(p_name text, p_quantity double precision, p_unit text, p_unit_price integer, p_amount integer, p_discount integer) IS 'Checks what a user enters for a line item. Errors by hint: invalid_item.';

-- private.check_purchase_day

CREATE FUNCTION private.check_purchase_day(p_item public.inventory, p_day date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  first_step constant date := least(p_item.moved_on, p_item.opened_on, (
    select min((moved.changes #>> '{moved_on,1}')::date)
    from public.inventory_history moved
    where moved.inventory_id = p_item.id and moved.changes ? 'moved_on'
      and not exists (
        select from public.inventory_history undone
        where undone.inventory_id = moved.inventory_id and undone.id > moved.id
          and undone.changes #> '{moved_on,0}' = moved.changes #> '{moved_on,1}'
          and undone.changes #> '{moved_on,1}' = moved.changes #> '{moved_on,0}'
      )
  ));
begin
  -- With the tolerance of check_step.
  if p_day > p_item.purchased_on is not false and p_day > first_step + 1 then
    raise exception using
      errcode = 'PT422', message = 'The item was moved or opened before this day.', hint = 'purchase_after_step',
      detail = first_step::text;
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.check_purchase_day(p_item public.inventory, p_day date) FROM PUBLIC;
COMMENT ON FUNCTION private.check_purchase_day(p_item public.inventory, p_day date) IS 'Checks a later day of purchase of an inventory row against its moves that were not undone and its opening. Errors by hint: purchase_after_step, with the day of the first step as the detail.';

-- private.check_step

CREATE FUNCTION private.check_step(p_item public.inventory, p_storage text, p_day date) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if p_item.consumed_at is not null then
    perform private.refuse(409, 'already_consumed', 'The item is already consumed.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  -- A phone in another time zone may be a day ahead.
  elsif p_day > private.today() + 1 then
    perform private.refuse(422, 'date_in_future', 'The date is in the future.');
  elsif not private.dates_are_plausible(p_day) then
    perform private.refuse(422, 'date_out_of_range', 'The date is before 2000.');
  -- And a day behind that of the purchase, which is a day in Korea.
  elsif p_day < p_item.purchased_on - 1 then
    perform private.refuse(422, 'date_before_purchase', 'The date is before the purchase.');
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.check_step(p_item public.inventory, p_storage text, p_day date) FROM PUBLIC;
COMMENT ON FUNCTION private.check_step(p_item public.inventory, p_storage text, p_day date) IS 'Checks a step on an inventory row. Errors by hint: already_consumed, unknown_storage, date_in_future, date_out_of_range, date_before_purchase.';

-- private.clean_name

CREATE FUNCTION private.clean_name(p_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select btrim(
    regexp_replace(
      -- Controls, invisible marks and marks that change the direction of text.
      regexp_replace(
        normalize(left(p_name, 1000), nfc),
        '[\u0001-\u0008\u000e-\u001f\u007f-\u0084\u0086-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff'
        -- Letters and marks that show nothing, as in functions/barcode/clean.py, and characters for private use.
        || '\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0\ufe00-\ufe0f\ue000-\uf8ff\U000e0000-\U000e0fff]',
        '', 'g'
      ),
      '[\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+', ' ', 'g'
    )
  )
$$;
REVOKE ALL ON FUNCTION private.clean_name(p_name text) FROM PUBLIC;
COMMENT ON FUNCTION private.clean_name(p_name text) IS 'A name as one line of composed text, without control characters and invisible marks.';

-- private.clean_unit

CREATE FUNCTION private.clean_unit(p_unit text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select nullif(private.clean_name(p_unit), '')
$$;
REVOKE ALL ON FUNCTION private.clean_unit(p_unit text) FROM PUBLIC;
COMMENT ON FUNCTION private.clean_unit(p_unit text) IS 'A unit, cleaned as a name is; null if nothing of it can be seen.';

-- private.clock_time

CREATE FUNCTION private.clock_time(p_text text) RETURNS time without time zone
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $_$
begin
  if p_text ~ '^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$' then
    return p_text::time;
  end if;
  perform private.refuse(422, 'invalid_reminder', 'Times must have the form HH:MM, such as 18:00.');
  return null; -- not reached
end
$_$;
REVOKE ALL ON FUNCTION private.clock_time(p_text text) FROM PUBLIC;
COMMENT ON FUNCTION private.clock_time(p_text text) IS 'A time of day as clients send it. Errors by hint: invalid_reminder.';

-- private.compare_duplicates

CREATE FUNCTION private.compare_duplicates(p_receipt_id uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
begin
  for receipt in
    select r.* from public.receipts r
    -- A deleted one stays what it was, for the case that it is restored.
    where (r.id = p_receipt_id or r.duplicate_of = p_receipt_id) and r.deleted_at is null
    order by r.id <> p_receipt_id, r.created_at
  loop
    update public.receipts r set duplicate_of = private.original_of(receipt)
    where r.id = receipt.id and r.duplicate_of is distinct from private.original_of(receipt);
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.compare_duplicates(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.compare_duplicates(p_receipt_id uuid) IS 'Decides again whether a receipt that was changed, deleted or restored is a duplicate, and those that repeat it.';

-- private.count_call

CREATE FUNCTION private.count_call(p_action text, p_default_limit integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  counter private.call_counts;
  minute constant interval := interval '1 minute';
  call_limit constant integer := coalesce(private.setting(p_action || '_per_minute')::integer, p_default_limit);
begin
  perform private.require_user();
  insert into private.call_counts as c (user_id, action, started_at, calls)
  values ((select auth.uid()), p_action, now(), 1)
  on conflict (user_id, action) do update
  set started_at = case when c.started_at <= now() - minute then now() else c.started_at end,
      calls = case when c.started_at <= now() - minute then 1 else c.calls + 1 end
  returning * into counter;
  if counter.calls > call_limit then
    raise exception using
      errcode = 'PT429', message = 'Too many calls per minute.', hint = 'rate_limited',
      detail = ceil(extract(epoch from counter.started_at + minute - now()))::integer::text;
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.count_call(p_action text, p_default_limit integer) FROM PUBLIC;
COMMENT ON FUNCTION private.count_call(p_action text, p_default_limit integer) IS 'Counts a call of the calling user and raises rate_limited above the limit per minute (setting {action}_per_minute). The error detail is the number of seconds until the next call is allowed.';

-- private.count_product_names_again

CREATE FUNCTION private.count_product_names_again(p_gtin14 text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.lock_product_name(p_gtin14);
  delete from private.hidden_names h where h.gtin14 = p_gtin14;
  update private.agreed_names a set is_pinned = false where a.gtin14 = p_gtin14;
  perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
  return private.product_name_state(p_gtin14);
end
$$;
REVOKE ALL ON FUNCTION private.count_product_names_again(p_gtin14 text) FROM PUBLIC;
COMMENT ON FUNCTION private.count_product_names_again(p_gtin14 text) IS 'For operators: undoes private.hide_product_name and private.revert_product_name. Returns what applies now.';

-- private.count_version

CREATE FUNCTION private.count_version() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.version := old.version + 1;
  return new;
end
$$;
REVOKE ALL ON FUNCTION private.count_version() FROM PUBLIC;
COMMENT ON FUNCTION private.count_version() IS 'Counts the changes of a row that its user can notice.';

-- private.csv_line

CREATE FUNCTION private.csv_line(p_values jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select string_agg(
    case
      when v.value is null then ''
      -- A spreadsheet would run what begins like a formula.
      when v.is_text and v.value ~ '^[=+\-@\t\r\n＝＋－＠]' then '"''' || replace(v.value, '"', '""') || '"'
      when v.value ~ '[",\r\n]' then '"' || replace(v.value, '"', '""') || '"'
      else v.value
    end,
    ',' order by v.place
  ) || E'\r\n'
  from (
    select e.value #>> '{}' as value, jsonb_typeof(e.value) = 'string' as is_text, e.place
    from jsonb_array_elements(p_values) with ordinality e (value, place)
  ) v
$$;
REVOKE ALL ON FUNCTION private.csv_line(p_values jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.csv_line(p_values jsonb) IS 'An array of values as a line of CSV (RFC 4180).';

-- private.daily_limit

CREATE FUNCTION private.daily_limit(p_action text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(
    private.setting(p_action || '_per_day')::bigint,
    -- Generous for a household, and far below what one user must not take from the others.
    case p_action
      when 'receipts' then 200
      when 'stored_bytes' then 500 * 1024 * 1024
      when 'retries' then 50
      when 'retries_of_receipt' then 5
      when 'inventory' then 2000
      when 'inventory_history' then 5000
      when 'item_aliases' then 2000
      when 'user_category_feedback' then 2000
      when 'item_feedback' then 5000
      when 'product_names' then 500
      when 'barcode_lookups' then 100
      when 'name_reports' then 50
      when 'export_pages' then 100
      when 'added_items' then 500
      when 'receipt_feedback' then 2000
      when 'reading_samples' then 50
    end
  )
$$;
REVOKE ALL ON FUNCTION private.daily_limit(p_action text) FROM PUBLIC;
COMMENT ON FUNCTION private.daily_limit(p_action text) IS 'The quota of an action per user and day: the setting {action}_per_day, or its default.';

-- private.dates_are_plausible

CREATE FUNCTION private.dates_are_plausible(VARIADIC p_dates date[]) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  -- Honey and spirits keep for decades; infinity and typing errors are out of range.
  select not exists (
    select from unnest(p_dates) d (day)
    where d.day < '2000-01-01' or d.day > now()::date + interval '50 years'
  )
$$;
REVOKE ALL ON FUNCTION private.dates_are_plausible(VARIADIC p_dates date[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.dates_are_plausible(VARIADIC p_dates date[]) TO authenticated;
COMMENT ON FUNCTION private.dates_are_plausible(VARIADIC p_dates date[]) IS 'Whether the dates, null apart, are from 2000 on and at most 50 years in the future.';

-- private.day

CREATE FUNCTION private.day(p_day text) RETURNS date
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
begin
  -- A cast to date would drop the time and the zone: 2026-12-05T15:00Z is 6 December in Korea.
  if p_day ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)$' then
    return (p_day::timestamptz at time zone 'Asia/Seoul')::date;
  elsif p_day ~ '^\d{4,7}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' or p_day ~ '^-?infinity$' then
    return p_day::date;
  elsif p_day is not null then
    raise invalid_datetime_format;
  end if;
  return null;
exception when data_exception then
  -- Not sqlerrm: it contains the value.
  perform private.refuse(422, 'date_out_of_range', 'A date has the form 2026-11-28.');
  return null; -- not reached
end
$_$;
REVOKE ALL ON FUNCTION private.day(p_day text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.day(p_day text) TO authenticated;
COMMENT ON FUNCTION private.day(p_day text) IS 'The day that a client sent, as 2026-11-28 or as a moment, of which it is the day in Korea. Errors by hint: date_out_of_range.';

-- private.decide_product_name

CREATE FUNCTION private.decide_product_name(p_gtin14 text, p_source text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  least_accounts constant integer := coalesce(private.setting('agreeing_accounts')::integer, 3);
  least_age constant interval := make_interval(days => coalesce(private.setting('voting_age_days')::integer, 14));
  winner record;
  vote_count integer;
begin
  if exists (select from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = p_source and a.is_pinned) then
    return;
  end if;
  with votes as (
    (
      select n.user_id, n.name, n.name_key, n.category_id, n.quantity_text, null as purchase_key, n.created_at
      from public.product_names n
      where p_source = 'users' and n.gtin14 = p_gtin14
      order by n.created_at desc
      limit 1000
    )
    union all
    (
      select n.user_id, n.name, n.name_key, n.category_id, null, n.purchase_key, n.created_at
      from private.printed_names n
      where p_source = 'receipts' and n.gtin14 = p_gtin14
      order by n.created_at desc
      limit 1000
    )
  ),
  aged as (
    select v.*, u.created_at as member_since
    from votes v
    join auth.users u on u.id = v.user_id
    where u.created_at <= now() - least_age
      and coalesce((to_jsonb(u) ->> 'is_anonymous')::boolean, false) = false
      and not exists (
        select from private.hidden_names h where h.gtin14 = p_gtin14 and h.name_key = v.name_key
      )
  ),
  -- Accounts that were created within the same hour, or that photographed the same receipt, count once: they are one
  -- household, or one person with several accounts.
  by_hour as (
    select distinct on (date_trunc('hour', a.member_since)) a.*
    from aged a
    order by date_trunc('hour', a.member_since), a.created_at, a.user_id
  ),
  independent as (
    select distinct on (coalesce(b.purchase_key, b.user_id::text)) b.*
    from by_hour b
    order by coalesce(b.purchase_key, b.user_id::text), b.created_at, b.user_id
  ),
  counted as (
    select
      i.name_key, count(*)::integer as accounts,
      mode() within group (order by i.name) as name,
      mode() within group (order by i.quantity_text) as quantity_text,
      mode() within group (order by i.category_id) as category_id
    from independent i
    group by i.name_key
  )
  select
    c.name_key, c.name, c.accounts,
    -- A quantity and a category also need most of those who agree on the name.
    case
      when 2 * (
        select count(*) from independent i
        where i.name_key = c.name_key and private.text_key(i.quantity_text) = private.text_key(c.quantity_text)
      ) > c.accounts then c.quantity_text
    end as quantity_text,
    case
      when 2 * (
        select count(*) from independent i where i.name_key = c.name_key and i.category_id = c.category_id
      ) > c.accounts then c.category_id
    end as category_id,
    (select count(*)::integer from independent) as votes
  into winner
  from counted c
  order by c.accounts desc
  limit 1;
  vote_count := coalesce(winner.votes, 0);
  if winner.accounts >= least_accounts and 2 * winner.accounts > vote_count then
    insert into private.agreed_names as a (
      gtin14, source, name, name_key, category_id, quantity_text, accounts, votes, decided_at, agreed_at
    )
    values (
      p_gtin14, p_source, winner.name, winner.name_key, winner.category_id, winner.quantity_text, winner.accounts,
      vote_count, now(), now()
    )
    on conflict (gtin14, source) do update
    set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
        quantity_text = excluded.quantity_text, accounts = excluded.accounts, votes = excluded.votes,
        decided_at = excluded.decided_at,
        agreed_at = case when a.name_key = excluded.name_key then a.agreed_at else excluded.agreed_at end;
  elsif vote_count > 0 then
    insert into private.agreed_names as a (gtin14, source, votes) values (p_gtin14, p_source, vote_count)
    on conflict (gtin14, source) do update
    set name = null, name_key = null, category_id = null, quantity_text = null, agreed_at = null, accounts = 0,
        votes = excluded.votes, decided_at = excluded.decided_at;
  else
    update private.agreed_names a
    set name = null, name_key = null, category_id = null, quantity_text = null, agreed_at = null, accounts = 0,
        votes = 0, decided_at = now()
    where a.gtin14 = p_gtin14 and a.source = p_source;
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.decide_product_name(p_gtin14 text, p_source text) FROM PUBLIC;
COMMENT ON FUNCTION private.decide_product_name(p_gtin14 text, p_source text) IS 'Counts the votes on the name of a product, from users or from receipts: a name is agreed if at least three accounts (setting agreeing_accounts) and more than half of all that named the product give it, ignoring spaces and case. Only accounts count that are 14 days old (setting voting_age_days), not anonymous, and independent of each other.';

-- private.decide_receipt_item

CREATE FUNCTION private.decide_receipt_item(p_receipt_item_id uuid, p_status text, p_name text, p_category_id smallint, p_category_given boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  item public.receipt_items;
  receipt public.receipts;
  estimate private.shelf_life;
  chosen boolean; -- whether the user decided on the category; a new name alone says nothing about it
begin
  select i.* into item
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id())
  for update of i;
  if (p_name, p_category_id) <> (item.name, item.category_id) then
    select r.* into receipt from public.receipts r where r.id = item.receipt_id;
    estimate := private.shelf_life(
      p_name, p_category_id, case when p_category_id = item.category_id then item.storage end
    );
    item.storage := estimate.storage;
    item.expires_on :=
      coalesce(item.purchased_on, private.purchase_day(receipt.purchased_at, receipt.created_at)) + estimate.min_days;
  end if;
  -- Giving the category that an uncertain line item already has confirms it.
  chosen := p_category_id <> item.category_id or p_category_given and item.uncertain;
  update public.receipt_items i
  set status = p_status, name = p_name, category_id = p_category_id, storage = item.storage,
      expires_on = item.expires_on,
      kind = case when c.is_food then 'food' else 'non_food' end,
      decided_by = case when chosen then 'user' else i.decided_by end,
      uncertain_fields = private.unsettled(
        i.uncertain_fields,
        case when chosen then array['category', 'expires_on'] else '{}' end
          || case when p_name <> item.name then array['name'] else '{}' end
      )
  from public.categories c
  where i.id = item.id and c.id = p_category_id;
  if chosen then
    perform private.note_feedback(item.id);
  end if;
  -- Stores an alias for a new name or category, and counts the use of an alias that was accepted.
  if (p_name, p_category_id) <> (item.name, item.category_id)
    or p_status = 'added' and item.decided_by in ('alias', 'alias_elsewhere')
  then
    perform private.learn(item.id);
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.decide_receipt_item(p_receipt_item_id uuid, p_status text, p_name text, p_category_id smallint, p_category_given boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.decide_receipt_item(p_receipt_item_id uuid, p_status text, p_name text, p_category_id smallint, p_category_given boolean) TO authenticated;
COMMENT ON FUNCTION private.decide_receipt_item(p_receipt_item_id uuid, p_status text, p_name text, p_category_id smallint, p_category_given boolean) IS 'Stores the calling user''s decision on a line item, with its feedback and alias. What is suggested for it follows a new name and category. Users cannot write these tables directly.';

-- private.delete_stale_hints

CREATE FUNCTION private.delete_stale_hints() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '1s'
    AS $$
declare
  seen_id bigint;
begin
  if to_regclass('net.http_request_queue') is null then
    return;
  end if;
  execute 'select max(q.id) from net.http_request_queue q' into seen_id;
  if seen_id is not null then
    -- pg_net sends a call within a second: what the last sweep saw waits because its worker is down.
    execute
      'delete from net.http_request_queue where id in ('
      '  select q.id from net.http_request_queue q, private.sweep_state s'
      '  where q.id <= s.webhook_call_id and q.url = private.setting(''receipt_webhook_url'')'
      '  for update of q skip locked'
      ')';
    update private.sweep_state set webhook_call_id = seen_id where is_only_row;
  end if;
exception when others then
  raise log 'stale calls of the webhook were not deleted: %', sqlstate;
end
$$;
REVOKE ALL ON FUNCTION private.delete_stale_hints() FROM PUBLIC;
COMMENT ON FUNCTION private.delete_stale_hints() IS 'Deletes webhook calls that waited since the last sweep, because they contain the webhook''s secret. The sweep reads their receipts. Never raises.';

-- private.deletion_waits

CREATE FUNCTION private.deletion_waits(p_receipt_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from private.deletions_set_aside a where a.receipt_id = p_receipt_id and a.next_attempt_at > now()
  )
$$;
REVOKE ALL ON FUNCTION private.deletion_waits(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.deletion_waits(p_receipt_id uuid) IS 'Whether the deletion of a receipt was set aside for now.';

-- private.disputed_names

CREATE FUNCTION private.disputed_names(p_users integer) RETURNS TABLE(item_text text, times integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select mode() within group (order by f.item_text), count(*)::integer
  from public.user_category_feedback f
  where f.predicted_category_id is not null
  group by private.text_key(f.item_text)
  having bool_or(f.corrected_category_id <> f.predicted_category_id)
    and not (count(distinct f.user_id) >= p_users and count(distinct f.corrected_category_id) = 1)
$$;
REVOKE ALL ON FUNCTION private.disputed_names(p_users integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.disputed_names(p_users integer) TO annotation;
COMMENT ON FUNCTION private.disputed_names(p_users integer) IS 'Names that users corrected, and on which not at least p_users users agree without dissent.';

-- private.drift_figures

CREATE FUNCTION private.drift_figures(p_reference jsonb, p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with item as materialized (
    select c.code, i.confidence, char_length(i.predicted_name) as length,
      char_length(regexp_replace(i.predicted_name, '[가-힣]', '', 'g')) as without_syllables,
      char_length(regexp_replace(i.predicted_name, training.pattern, '', 'g')) as without_known
    from (
      select r.id from public.receipts r
      where r.created_at > p_now - interval '7 days' and r.status = 'done'
      order by r.created_at desc
      limit 500
    ) latest
    join public.receipt_items i on i.receipt_id = latest.id
    join public.categories c on c.id = i.predicted_category_id
    cross join (select '[' || (p_reference ->> 'syllables') || ']' as pattern) training
  ), edges as materialized (
    select e.feature, array(select x::double precision from jsonb_array_elements_text(e.edges) x) as edges
    from jsonb_each(p_reference -> 'edges') e (feature, edges)
  ), feature as (
    select 'category' as feature, code as bucket from item
    union all
    select e.feature, width_bucket(v.value, e.edges)::text
    from item
    cross join lateral (
      values
        ('confidence', confidence::double precision),
        ('name_length', length::double precision),
        (
          'unknown_syllables',
          (without_known - without_syllables)::double precision / nullif(length - without_syllables, 0)
        )
    ) v (feature, value)
    join edges e using (feature)
    where v.value is not null
  )
  select 'drift', jsonb_build_object('feature', feature, 'bucket', bucket), count(*) from feature group by 2
$$;
REVOKE ALL ON FUNCTION private.drift_figures(p_reference jsonb, p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.drift_figures(p_reference jsonb, p_now timestamp with time zone) IS 'Histogram of the line items of up to 500 receipts of the last week, in the buckets of the training distribution p_reference: {syllables, edges: {feature: [lower bounds]}}. A bucket is a category, or the number of bounds that the value reaches.';

-- private.end_crash

CREATE FUNCTION private.end_crash(p_receipt public.receipts, p_code text, p_detail text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  charge constant integer := p_receipt.reads_alone::integer;
  attempts_used constant integer := p_receipt.attempts + charge;
  is_poison constant boolean := p_receipt.crashes + charge >= 2;
  is_final constant boolean := charge = 1 and (is_poison or attempts_used >= private.max_attempts());
begin
  delete from private.receipt_leases l where l.receipt_id = p_receipt.id;
  update public.receipts r
  set status = case when is_final then 'failed' else 'queued' end,
      attempts = attempts_used, crashes = r.crashes + charge, reads_alone = true, lease_until = null,
      error_code = case when not is_final then p_code when is_poison then 'poison' else 'attempts_exhausted' end,
      error_detail = left(p_detail, 500)
  where r.id = p_receipt.id;
  return case when is_final then 'failed' else 'queued' end;
end
$$;
REVOKE ALL ON FUNCTION private.end_crash(p_receipt public.receipts, p_code text, p_detail text) FROM PUBLIC;
COMMENT ON FUNCTION private.end_crash(p_receipt public.receipts, p_code text, p_detail text) IS 'Ends an attempt in which the reader or the worker died. A photo that was read alone is charged: the second time it fails with the code poison. Any other is read alone next, without being charged. Returns queued or failed. The row must be locked.';

-- private.end_lost_leases

CREATE FUNCTION private.end_lost_leases(p_failing boolean, p_before timestamp with time zone) RETURNS TABLE(id uuid, error_code text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
begin
  for receipt in
    select r.* from public.receipts r
    where r.status = 'processing' and r.lease_until <= p_before
      and (r.reads_alone and (r.crashes >= 1 or r.attempts + 1 >= private.max_attempts())) = p_failing
    order by r.lease_until
    limit 100
    for update skip locked
  loop
    if private.end_crash(receipt, 'worker_lost', 'No worker finished the attempt.') = 'failed' then
      return query select r.id, r.error_code from public.receipts r where r.id = receipt.id;
    end if;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.end_lost_leases(p_failing boolean, p_before timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.end_lost_leases(p_failing boolean, p_before timestamp with time zone) IS 'Ends attempts whose leases expired before p_before, up to 100 per call: those that make their receipt fail (p_failing), or the others. Returns the receipts that failed.';

-- private.end_photos

CREATE FUNCTION private.end_photos(p_bucket text, p_path text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- Not limited to receipts with lines: these may be stored while this waits for the row.
  update public.receipts r set raw_lines = '[]', photo_deleted_at = now()
  where r.bucket = p_bucket and r.object_path = p_path and r.photo_deleted_at is null
    and not exists (
      select from storage.objects o
      where o.bucket_id = r.bucket and o.name = r.object_path and coalesce(o.version, o.id::text) = r.object_version
    )
$$;
REVOKE ALL ON FUNCTION private.end_photos(p_bucket text, p_path text) FROM PUBLIC;
COMMENT ON FUNCTION private.end_photos(p_bucket text, p_path text) IS 'Deletes the printed lines of the receipts of a path whose photos are no longer stored there. Line items, store, date and total stay.';

-- private.end_replaced_receipts

CREATE FUNCTION private.end_replaced_receipts(p_bucket text, p_path text, p_version text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update public.receipts
  set status = case status when 'done' then status else 'failed' end,
      error_code = case when status <> 'done' then 'photo_replaced' end,
      error_detail = case when status <> 'done' then 'A newer photo replaced this one.' end,
      lease_until = null, raw_lines = '[]', photo_deleted_at = coalesce(photo_deleted_at, now())
  where bucket = p_bucket and object_path = p_path and object_version <> p_version
    and (photo_deleted_at is null or status <> 'done' and error_code is distinct from 'photo_replaced')
$$;
REVOKE ALL ON FUNCTION private.end_replaced_receipts(p_bucket text, p_path text, p_version text) FROM PUBLIC;
COMMENT ON FUNCTION private.end_replaced_receipts(p_bucket text, p_path text, p_version text) IS 'Ends the receipts of a path that now holds the photo with p_version. Those that have been read keep their items.';

-- private.end_reread

CREATE FUNCTION private.end_reread(p_run text, p_receipt_id uuid, p_state text, p_code text, p_changes jsonb DEFAULT '[]'::jsonb) RETURNS text
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update private.rereads x
  set state = p_state, code = p_code, changes = p_changes, ended_at = now(), attempts = x.attempts + 1
  where x.run_name = p_run and x.receipt_id = p_receipt_id
  returning x.state
$$;
REVOKE ALL ON FUNCTION private.end_reread(p_run text, p_receipt_id uuid, p_state text, p_code text, p_changes jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.end_reread(p_run text, p_receipt_id uuid, p_state text, p_code text, p_changes jsonb) IS 'Stores the outcome of a receipt of a run.';

-- private.estimated

CREATE FUNCTION private.estimated(p_lot public.inventory) RETURNS public.inventory
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  lot public.inventory := p_lot;
  estimate constant private.shelf_life := private.shelf_life(lot.name, lot.category_id, lot.storage);
begin
  lot.expires_on := coalesce(lot.purchased_on, (lot.created_at at time zone 'Asia/Seoul')::date) + estimate.min_days;
  lot.expiry_basis := case when lot.expires_on is not null then 'purchase' end;
  lot.expiry_source := case when lot.expires_on is not null then estimate.source end;
  return lot;
end
$$;
REVOKE ALL ON FUNCTION private.estimated(p_lot public.inventory) FROM PUBLIC;
COMMENT ON FUNCTION private.estimated(p_lot public.inventory) IS 'The inventory row with the use-by date that its name, category, place and day of purchase suggest.';

-- private.facts_of

CREATE FUNCTION private.facts_of(p_receipt_ids uuid[]) RETURNS TABLE(receipt_id uuid, metric text, at timestamp with time zone, labels jsonb, n bigint)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  with receipt as materialized (
    select r.id, r.status, r.attempts, coalesce(r.error_code, '') as code, r.created_at,
      private.korean_midnight(private.korean_day(r.created_at)) as day,
      extract(epoch from r.processed_at - r.created_at) as seconds,
      coalesce(r.model_versions ->> 'category', '') as model_version
    from public.receipts r
    where r.id = any (p_receipt_ids) and r.status in ('done', 'failed')
      and coalesce(r.error_code, '') not in ('photo_replaced', 'deleted') and not private.is_canary(r.object_path)
  ), item as materialized (
    select r.id as receipt_id, r.day, coalesce(i.model_versions ->> 'category', r.model_version) as model_version,
      c.code as category, i.status,
      i.status = 'added'
        and (i.decided_by <> 'user' or (i.name, i.category_id) = (i.predicted_name, i.predicted_category_id))
        and not exists (
          select from public.item_feedback renamed where renamed.receipt_item_id = i.id and renamed.field = 'name'
        ) as is_right,
      case
        when i.status <> 'added' and f.id is null then null
        when i.category_id = i.predicted_category_id then 'right'
        when f.id is null then 'known'
        else 'corrected'
      end as result
    from receipt r
    join public.receipt_items i on i.receipt_id = r.id
    join public.categories c on c.id = i.predicted_category_id
    left join public.user_category_feedback f on f.receipt_item_id = i.id
  ), photo as (
    select r.id as receipt_id, r.day, coalesce(bool_or(i.status <> 'pending'), false) as is_reviewed,
      count(*) filter (where i.is_right) as right_items
    from receipt r left join item i on i.receipt_id = r.id
    group by r.id, r.day
  )
  select id, 'photos', day,
    jsonb_build_object('result', case status when 'done' then 'processed' else 'failed' end), 1
  from receipt
  union all
  select id, 'receipts_ended', date_trunc('hour', created_at),
    jsonb_build_object(
      'state', status, 'attempts', least(attempts, 9)::text, 'code', case status when 'failed' then code else '' end,
      -- Two digits are precise enough for percentiles, and few enough to be summed.
      'seconds', case
        when status = 'done' then
          round(greatest(seconds, 0.01)::numeric, 1 - floor(log(greatest(seconds, 0.01)::numeric))::integer)
      end
    ), 1
  from receipt
  union all
  select receipt_id, 'photos_reviewed', day, '{}', 1 from photo where is_reviewed
  union all
  select receipt_id, 'right_items', day, '{}', right_items from photo where is_reviewed and right_items > 0
  union all
  select receipt_id, 'photos_with_three_right_items', day, '{}', 1 from photo where is_reviewed and right_items >= 3
  union all
  select receipt_id, 'items', day, jsonb_build_object('model_version', model_version, 'category', category), count(*)
  from item group by receipt_id, day, model_version, category
  union all
  select receipt_id, 'reviewed_items', day,
    jsonb_build_object('model_version', model_version, 'category', category, 'result', result), count(*)
  from item where result is not null group by receipt_id, day, model_version, category, result
  union all
  select i.receipt_id, 'changes', date_trunc('hour', f.created_at),
    jsonb_build_object(
      'kind',
      case when f.predicted_category_id = f.corrected_category_id then 'confirmation' else 'correction' end
    ), count(*)
  from receipt r
  join public.receipt_items i on i.receipt_id = r.id
  join public.user_category_feedback f on f.receipt_item_id = i.id
  group by 1, 3, 4
  union all
  select i.receipt_id, 'changes', date_trunc('hour', f.created_at), jsonb_build_object('field', f.field), count(*)
  from receipt r
  join public.receipt_items i on i.receipt_id = r.id
  join public.item_feedback f on f.receipt_item_id = i.id
  group by 1, 3, 4
$$;
REVOKE ALL ON FUNCTION private.facts_of(p_receipt_ids uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION private.facts_of(p_receipt_ids uuid[]) IS 'What receipts count for. Replaced and deleted photos and the canary''s count for nothing. A line item is reviewed if the user added it or changed its category. right: the user kept the prediction; known: the user''s alias or the product of the barcode replaced it, and the user kept that; corrected: the user chose another category.';

-- private.first_month

CREATE FUNCTION private.first_month(p_months integer) RETURNS date
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if p_months is null or not p_months between 1 and 120 then
    perform private.refuse(422, 'invalid_period', 'months must be from 1 to 120.');
  end if;
  return (date_trunc('month', private.today()) - make_interval(months => p_months - 1))::date;
end
$$;
REVOKE ALL ON FUNCTION private.first_month(p_months integer) FROM PUBLIC;
COMMENT ON FUNCTION private.first_month(p_months integer) IS 'The first day of a period of months that ends with the current one. Errors by hint: invalid_period.';

-- private.follow_photo

CREATE FUNCTION private.follow_photo() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '1s'
    AS $$
declare
  -- Of the photo's path: the bucket, before and after.
  was_here constant boolean := tg_op <> 'INSERT' and old.bucket_id = 'ocr';
  is_here constant boolean := tg_op <> 'DELETE' and new.bucket_id = 'ocr';
  e private.photo_event;
begin
  e.noticed_at := now();
  e.bucket := 'ocr';
  if not is_here then
    e.event := 'deleted';
    e.object_path := old.name;
    e.object_version := coalesce(old.version, old.id::text);
  else
    e.event := 'uploaded';
    e.object_path := new.name;
    e.object_version := coalesce(new.version, new.id::text);
    e.bytes := private.photo_bytes(new.metadata);
    if was_here and old.name <> new.name then
      e.event := 'moved';
      e.previous_path := old.name;
      e.previous_version := coalesce(old.version, old.id::text);
    end if;
  end if;
  if was_here and e.event <> 'uploaded' then
    -- An upload or a move that could not be applied yet becomes a move from where it began, or a deletion there.
    begin
      update private.missed_photo_events m
      set event = case when e.event = 'deleted' and m.event = 'uploaded' then m.event else e.event end,
          object_path = case e.event when 'moved' then e.object_path else coalesce(m.previous_path, m.object_path) end,
          object_version = case e.event
            when 'moved' then e.object_version
            else coalesce(m.previous_version, m.object_version)
          end,
          previous_path = case e.event when 'moved' then coalesce(m.previous_path, m.object_path) end,
          previous_version = case e.event when 'moved' then coalesce(m.previous_version, m.object_version) end
      where m.bucket = e.bucket and m.object_path = old.name and m.object_version = coalesce(old.version, old.id::text)
        and m.event in ('uploaded', 'moved');
      if found and e.event = 'moved' then
        return null;
      end if;
    exception when query_canceled or lock_not_available then
      null; -- the table is locked; an event of this photo that waits there is applied, or ends, later
    end;
  end if;
  perform private.apply_photo_event(e);
  return null;
-- others does not include query_canceled, which statement_timeout raises.
exception when query_canceled or others then
  -- An error here would reject the user's upload, move or deletion.
  raise log 'a photo that was % was not applied to its receipt: %', e.event, sqlstate;
  begin
    insert into private.missed_photo_events (
      event, bucket, object_path, object_version, previous_path, previous_version, bytes, user_id
    )
    values (
      e.event, e.bucket, e.object_path, e.object_version, e.previous_path, e.previous_version, e.bytes,
      split_part(e.object_path, '/', 1)::uuid
    )
    on conflict do nothing;
  exception when query_canceled or others then
    raise log 'the photo was not recorded as missed either; its folder may not belong to a user: %', sqlstate;
  end;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.follow_photo() FROM PUBLIC;
COMMENT ON FUNCTION private.follow_photo() IS 'Applies what happens to a photo in the bucket ocr to its receipt: an upload, also over an existing photo, queues a receipt, once per version; a move renames its path; a deletion deletes its printed lines. Storage runs every upload twice: the first time to test permissions, which it rolls back. Storage sets no lock_timeout; without it a held lock would fail the request. Never raises.';

-- private.forget_deleted

CREATE FUNCTION private.forget_deleted(p_limit integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  old_id uuid;
begin
  delete from private.deleted_inventory d
  where d.inventory_id in (
    select old.inventory_id from private.deleted_inventory old
    where old.deleted_at < now() - private.undo_time()
    order by old.deleted_at
    limit p_limit
  );
  -- One by one: a receipt that cannot be deleted must not keep those of other users.
  for old_id in
    select old.id from public.receipts old
    where old.deleted_at < now() - private.undo_time() and old.photo_deleted_at is not null
      and old.joined_into is null
      and not private.deletion_waits(old.id)
    order by old.deleted_at
    limit p_limit
  loop
    begin
      delete from public.receipts r where r.id = old_id;
    exception when others then
      perform private.set_deletion_aside(old_id, sqlstate);
    end;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.forget_deleted(p_limit integer) FROM PUBLIC;
COMMENT ON FUNCTION private.forget_deleted(p_limit integer) IS 'Deletes for good, up to p_limit each, inventory rows and receipts without a photo that their users deleted too long ago to restore them. What fails is set aside.';

-- private.forget_reading_sample

CREATE FUNCTION private.forget_reading_sample() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.reading_samples s where s.receipt_item_id = old.receipt_item_id;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.forget_reading_sample() FROM PUBLIC;
COMMENT ON FUNCTION private.forget_reading_sample() IS 'Deletes the sample of a line item whose name the user has put back: nothing was misread.';

-- private.forget_reading_samples

CREATE FUNCTION private.forget_reading_samples() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from private.reading_samples s
  where s.receipt_item_id in (select i.id from public.receipt_items i where i.receipt_id = new.id);
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.forget_reading_samples() FROM PUBLIC;
COMMENT ON FUNCTION private.forget_reading_samples() IS 'Deletes the crops of a receipt with its photo.';

-- private.forget_rereads

CREATE FUNCTION private.forget_rereads(p_limit integer) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  delete from private.rereads x
  where (x.run_name, x.place) in (
    select old.run_name, old.place
    from private.reread_runs o join private.rereads old on old.run_name = o.name
    where o.created_at < now() - interval '90 days'
      -- The receipt's story tells what was changed.
      and not (old.state = 'changed' and (o.rules ->> 'applies')::boolean)
    limit p_limit
  );
  delete from private.reread_runs o
  where o.created_at < now() - interval '90 days'
    and not exists (select from private.rereads x where x.run_name = o.name)
$$;
REVOKE ALL ON FUNCTION private.forget_rereads(p_limit integer) FROM PUBLIC;
COMMENT ON FUNCTION private.forget_rereads(p_limit integer) IS 'Deletes, up to p_limit, rows of runs that are older than 90 days, but not what was changed.';

-- private.give_image

CREATE FUNCTION private.give_image() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.inventory v set image_url = new.image_url
  where v.id in (
    select waiting.id from public.inventory waiting
    where waiting.gtin14 = new.gtin14 and waiting.image_url is null and waiting.consumed_at is null
    -- Rows of many users, in which a product must not wait: one that is being changed gets the image with its next change.
    for no key update skip locked
  );
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.give_image() FROM PUBLIC;
COMMENT ON FUNCTION private.give_image() IS 'Gives the image of a product that was found to the inventory rows that were added before. Rows with an image keep it.';

-- private.gtin14

CREATE FUNCTION private.gtin14(p_printed text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT
    SET search_path TO ''
    AS $_$
declare
  digits text := p_printed;
  number text;
begin
  if digits ~ '^([0-9]{18}|97[789][0-9]{12})$' then
    digits := left(digits, 13); -- convenience stores append five digits of their own, periodicals two
  elsif digits ~ '^[01][0-9]{7}$'
    and right(digits, 1) = private.check_digit(left(private.upc_a(digits), -1))
  then
    digits := private.upc_a(digits);
  end if;
  if digits !~ '^([0-9]{8}|[0-9]{12,14})$' or digits ~ '^0+$' then
    return null;
  end if;
  if right(digits, 1) <> private.check_digit(left(digits, -1)) then
    return null;
  end if;
  number := lpad(digits, 14, '0');
  if number ~ '^[1-8]' then
    number := '0' || substr(number, 2, 12); -- a carton stands for the product inside
    number := number || private.check_digit(number);
  end if;
  -- Store-internal numbers (weighed food) and coupons are not products here.
  if number ~ '^000000[02]' or number !~ '^000000' and substr(number, 2) ~ '^(0[24]|2|9[89])' then
    return null;
  end if;
  return number;
end
$_$;
REVOKE ALL ON FUNCTION private.gtin14(p_printed text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.gtin14(p_printed text) TO authenticated;
COMMENT ON FUNCTION private.gtin14(p_printed text) IS 'The canonical product number in printed or scanned digits; null if they contain none. The same rules as in functions/barcode/gtin.py.';

-- private.has_reading_consent

CREATE FUNCTION private.has_reading_consent(p_user_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.reading_consents c where c.user_id = p_user_id)
$$;
REVOKE ALL ON FUNCTION private.has_reading_consent(p_user_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.has_reading_consent(p_user_id uuid) IS 'Whether a user agrees, now, that crops of lines are kept. Whatever stores a crop or hands one on asks here.';

-- private.has_types

CREATE FUNCTION private.has_types(p_object jsonb, p_types jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- The text of a member is no substitute: it exists for a list, too.
  select not exists (
    select from jsonb_each(p_object) member
    where jsonb_typeof(member.value) not in ('null', p_types ->> member.key)
  )
$$;
REVOKE ALL ON FUNCTION private.has_types(p_object jsonb, p_types jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.has_types(p_object jsonb, p_types jsonb) IS 'Whether the members of an object that p_types names are null or of that JSON type: {name: "string"}.';

-- private.hide_product_name

CREATE FUNCTION private.hide_product_name(p_gtin14 text, p_name text DEFAULT NULL::text, p_reason text DEFAULT NULL::text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform private.lock_product_name(p_gtin14);
  insert into private.hidden_names (gtin14, name_key, reason)
  select p_gtin14, private.text_key(p_name), p_reason where p_name is not null
  union
  select p_gtin14, a.name_key, p_reason
  from private.agreed_names a
  where p_name is null and a.gtin14 = p_gtin14 and a.name_key is not null
    -- Otherwise a repeated call would hide the next names, which the operator has not seen.
    and not exists (select from private.hidden_names h where h.gtin14 = p_gtin14)
  on conflict do nothing;
  if not found then
    return private.product_name_state(p_gtin14);
  end if;
  delete from private.name_reports r where r.gtin14 = p_gtin14;
  update private.agreed_names a set is_pinned = false
  where a.gtin14 = p_gtin14
    and exists (select from private.hidden_names h where h.gtin14 = a.gtin14 and h.name_key = a.name_key);
  perform private.decide_product_name(p_gtin14, 'users'), private.decide_product_name(p_gtin14, 'receipts');
  return private.product_name_state(p_gtin14);
end
$$;
REVOKE ALL ON FUNCTION private.hide_product_name(p_gtin14 text, p_name text, p_reason text) FROM PUBLIC;
COMMENT ON FUNCTION private.hide_product_name(p_gtin14 text, p_name text, p_reason text) IS 'For operators: hides a name of a product from all users but those who gave it; by default those that are agreed on now, unless a name of the product is hidden already. Votes for it no longer count, and reports on the product are settled, unless it is hidden already. Idempotent. Returns what applies now.';

-- private.hint_receipt

CREATE FUNCTION private.hint_receipt(p_receipt_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  url text := private.setting('receipt_webhook_url');
begin
  if url is null then
    return;
  end if;
  -- Sent once, after commit, without retries: it only starts processing early. The sweep finds the row anyway.
  perform net.http_post(
    url := url,
    body := jsonb_build_object('receipt_id', p_receipt_id),
    headers := jsonb_strip_nulls(jsonb_build_object(
      'Content-Type', 'application/json',
      'X-Webhook-Secret', private.setting('receipt_webhook_secret')
    )),
    timeout_milliseconds := 5000
  );
exception when others then
  raise log 'the webhook for receipt % was not called: %', p_receipt_id, sqlstate;
end
$$;
REVOKE ALL ON FUNCTION private.hint_receipt(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.hint_receipt(p_receipt_id uuid) IS 'Calls the webhook if pg_net is installed and receipt_webhook_url is set. Never raises, because it runs within the user''s upload.';

-- private.household_names

CREATE FUNCTION private.household_names(p_gtin14 text, p_user_id uuid) RETURNS TABLE(place integer, name text, category_id smallint, quantity_text text, source text, named_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  return query
    select 1, n.name, n.category_id, null::text, 'receipt', n.created_at
    from private.printed_names n
    where n.gtin14 = p_gtin14 and n.user_id = p_user_id
    union all
    select case a.source when 'users' then 2 else 3 end, a.name, a.category_id, a.quantity_text, a.source, a.agreed_at
    from private.agreed_names a
    where a.gtin14 = p_gtin14 and a.name is not null;
end
$$;
REVOKE ALL ON FUNCTION private.household_names(p_gtin14 text, p_user_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.household_names(p_gtin14 text, p_user_id uuid) IS 'What households call a product, in order of preference: as the user''s own receipts print it, as users agree, as receipts agree.';

-- private.is_canary

CREATE FUNCTION private.is_canary(p_object_path text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  select p_object_path ~ '^[^/]+/canary-[0-9a-f]+\.jpg$'
$_$;
REVOKE ALL ON FUNCTION private.is_canary(p_object_path text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_canary(p_object_path text) IS 'Whether a photo was uploaded by the canary, which tries the whole pipeline at intervals. Its receipts do not count as users'' receipts. A user who names a photo so only hides it from the statistics.';

-- private.is_corrected

CREATE FUNCTION private.is_corrected(p_receipt_id uuid, p_field text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.receipt_feedback f where f.receipt_id = p_receipt_id and f.field = p_field)
$$;
REVOKE ALL ON FUNCTION private.is_corrected(p_receipt_id uuid, p_field text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_corrected(p_receipt_id uuid, p_field text) IS 'Whether the user corrected a field of a receipt.';

-- private.is_dead_letter

CREATE FUNCTION private.is_dead_letter(p_error_code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select p_error_code not in (
    'no_text', 'not_a_receipt', 'foreign_receipt', 'several_receipts', 'broken_image', 'unsupported_image',
    'too_large', 'photo_missing', 'photo_too_large', 'photo_type_mismatch', 'photo_replaced', 'rate_limited',
    'deleted'
  )
$$;
REVOKE ALL ON FUNCTION private.is_dead_letter(p_error_code text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_dead_letter(p_error_code text) IS 'Whether a receipt that failed with this error code failed for a reason other than its photo or its user. infra/modules/monitoring/platform.tf lists the same codes.';

-- private.is_misreading

CREATE FUNCTION private.is_misreading(p_one text, p_other text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select exists (
    select from generate_series(0, k.kept) n (size)
    where starts_with(p_other, left(p_one, n.size))
      and starts_with(reverse(p_other), left(reverse(p_one), k.kept - n.size))
  )
  from (select 2 * greatest(length(p_one), length(p_other)) / 3 + 1) k (kept)
  where k.kept <= least(length(p_one), length(p_other))
$$;
REVOKE ALL ON FUNCTION private.is_misreading(p_one text, p_other text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_misreading(p_one text, p_other text) IS 'Whether two names may be two readings of one: they differ in one place of less than a third of the longer one.';

-- private.is_product_name

CREATE FUNCTION private.is_product_name(p_name text) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  -- Compared without spaces, width and case, which would hide a link or a number.
  select case
    when key = '' or length(p_name) > 200 or key !~ '[[:alnum:]]' then false
    when key ~ '://|^www\.|[^a-z]www\.|[a-z0-9-]+\.[a-z]{2,}/' then false -- links
    when key ~ ('[a-z0-9가-힣-]\.(com|net|org|info|biz|shop|store|online|club|site|link|page|live|top|xyz|app|dev|io|gg|me'
        || '|ly|tv|cc|ru|cn|jp|uk|us|eu|fr|vn|tw|hk|sg|tk|ml|pw|ws|su|to|ai|icu|vip|click|win|fun|space|website|cloud|tech'
        || '|co\.[a-z]{2}|kr|or\.kr|ne\.kr|닷컴|닷넷|example|test|invalid)([^a-z]|$)'
        || '|[a-z가-힣][a-z0-9가-힣-]*\.한국([^a-z]|$)') -- not behind a number: 1.한국산 참깨
      then false -- hosts
    when key ~ '[0-9]{1,3}(\.[0-9]{1,3}){3}' then false -- addresses
    when key ~ '@[a-z0-9가-힣_]|카카오톡|카톡|오픈채팅|텔레그램|인스타그램|telegram|instagram|whatsapp|kakaotalk' then false
    -- U+1173 is ㅡ in the normalised form, which people write for a dash.
    when regexp_replace(key, '[-.()/+_·,~\u1173‐–—―−]', '', 'g') ~ '[0-9]{9,}|01[016789][0-9]{7}|1[568][0-9]{6}'
      then false -- phones
    when regexp_replace(key, '[^a-z0-9가-힣]', '', 'g') ~ '01[016789][0-9]{7}' then false -- also with other marks
    else true
  end
  -- A dot that is written in another way, or in brackets, is one.
  from (
    select regexp_replace(replace(private.text_key(p_name), '。', '.'), '[[({<]\.[])}>]', '.', 'g') as key
  ) k
$_$;
REVOKE ALL ON FUNCTION private.is_product_name(p_name text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_product_name(p_name text) IS 'Whether a text can be the name of a product: it contains no link, no address, no telephone number and no other contact, and not only punctuation.';

-- private.is_publication

CREATE FUNCTION private.is_publication(p_gtin14 text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO ''
    AS $$
  select p_gtin14 ~ '^097[789]'
$$;
REVOKE ALL ON FUNCTION private.is_publication(p_gtin14 text) FROM PUBLIC;
COMMENT ON FUNCTION private.is_publication(p_gtin14 text) IS 'Whether a canonical product number is that of a book or periodical, which no provider is asked about.';

-- private.is_quiet

CREATE FUNCTION private.is_quiet(p_settings public.reminder_settings, p_time time without time zone) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    case
      when p_settings.quiet_from < p_settings.quiet_until
        then p_time >= p_settings.quiet_from and p_time < p_settings.quiet_until
      else p_time >= p_settings.quiet_from or p_time < p_settings.quiet_until -- over midnight
    end,
    false
  )
$$;
REVOKE ALL ON FUNCTION private.is_quiet(p_settings public.reminder_settings, p_time time without time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.is_quiet(p_settings public.reminder_settings, p_time time without time zone) IS 'Whether a time of day is in a user''s quiet hours.';

-- private.is_reviewed

CREATE FUNCTION private.is_reviewed(p_receipt_id uuid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(bool_or(i.status <> 'pending') and not bool_or(i.status = 'pending' and i.kind = 'food'), false)
  from public.receipt_items i where i.receipt_id = p_receipt_id
$$;
REVOKE ALL ON FUNCTION private.is_reviewed(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.is_reviewed(p_receipt_id uuid) IS 'Whether a user has decided on a receipt: no food on it waits any more. Receipts without items are not reviewed.';

-- private.items_of_result

CREATE FUNCTION private.items_of_result(p_receipt public.receipts, p_result jsonb, p_store_name text, p_purchased_at timestamp without time zone) RETURNS TABLE(line_no integer, raw_text text, predicted_name text, name text, quantity double precision, unit text, unit_price integer, amount integer, discount integer, barcode text, gtin14 text, kind text, predicted_category_id smallint, category_id smallint, confidence real, alternatives jsonb, decided_by text, uncertain_fields text[], storage text, purchased_on date, expires_on date, box jsonb, status text)
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select
    item.line_no, item.raw_text, item.name, named.name, item.quantity,
    item.unit, item.unit_price, item.amount, coalesce(item.discount, 0), item.barcode,
    private.gtin14(item.barcode), case when category.is_food then 'food' else 'non_food' end,
    predicted.id, category.id, (item.category ->> 'confidence')::real,
    coalesce(nullif(item.category -> 'alternatives', 'null'), '[]'),
    coalesce(alias.decided_by, case when product.category_id is not null or named.name <> item.name then 'product' else 'model' end),
    private.unsettled(
      coalesce(item.uncertain_fields, '{}'),
      case when alias.name is not null or named.name <> item.name then array['name'] else '{}' end
        || case when coalesce(alias.category_id, product.category_id) is not null then array['category', 'expires_on']
          else '{}' end
    ),
    -- What was predicted holds for the printed name and the predicted category only.
    case when category.id = predicted.id and named.name = item.name and product.name is null then item.storage
      else (private.shelf_life(named.name, category.id)).storage
    end,
    item.purchased_on,
    case when category.id = predicted.id and named.name = item.name and product.name is null then item.expires_on
      else coalesce(item.purchased_on, private.purchase_day(p_purchased_at, p_receipt.created_at))
        + (private.shelf_life(named.name, category.id)).min_days
    end,
    item.box,
    -- What was brought back is shown, but not added with the rest.
    case when item.amount < 0 then 'dismissed' else 'pending' end
  from jsonb_to_recordset(p_result -> 'items') as item (
    line_no integer, raw_text text, name text, quantity double precision, unit text, unit_price integer, amount integer,
    discount integer, barcode text, category jsonb, uncertain_fields text[], storage text, purchased_on date,
    expires_on date, box jsonb
  )
  -- An unknown category code stays null and violates the table's constraint: the result does not match the contract.
  left join public.categories predicted on predicted.code = item.category ->> 'code'
  left join lateral private.alias_of(p_receipt.user_id, p_store_name, item.name) alias on true
  -- The user's alias takes precedence over the product's name.
  -- What other households call it is offered during the review instead.
  left join lateral private.known_product(private.gtin14(item.barcode), p_receipt.user_id) product
    on alias.name is null and product.source not in ('receipt', 'users', 'receipts')
  cross join lateral (
    -- A Korean name that was read is not replaced by a foreign one.
    select coalesce(
      alias.name,
      case when product.source = 'user' or product.name ~ '[가-힣]' or item.name !~ '[가-힣]' then product.name end,
      item.name
    ) as name
  ) named
  left join public.categories category on category.id = coalesce(alias.category_id, product.category_id, predicted.id)
$$;
REVOKE ALL ON FUNCTION private.items_of_result(p_receipt public.receipts, p_result jsonb, p_store_name text, p_purchased_at timestamp without time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.items_of_result(p_receipt public.receipts, p_result jsonb, p_store_name text, p_purchased_at timestamp without time zone) IS 'The line items of a result of the OCR service as they are offered to the user: with the aliases of the user and with what is known of products.';

-- private.join_part

CREATE FUNCTION private.join_part(p_whole_id uuid, p_part_id uuid, p_total integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  upper_lines constant jsonb := private.lines_to_compare(p_whole_id);
  lower_lines constant jsonb := private.lines_to_compare(p_part_id);
  shared record;
  one jsonb;
  other jsonb;
  free_line integer;
  left_out uuid[] := array[]::uuid[];
  last_line integer;
begin
  shared := private.overlap(upper_lines, lower_lines, p_total);
  -- Crops are cut out of the photo of the receipt, which is another one for these.
  delete from private.reading_samples s
  where s.receipt_item_id in (select i.id from public.receipt_items i where i.receipt_id = p_part_id);
  -- What the user has decided on stays.
  if shared.cut_above = 1 and not (upper_lines -> -1 -> 'decided')::boolean then
    delete from public.receipt_items i where i.id = (upper_lines -> -1 ->> 'id')::uuid;
  end if;
  if shared.cut_below = 1 and not (lower_lines -> 0 -> 'decided')::boolean then
    left_out := left_out || (lower_lines -> 0 ->> 'id')::uuid;
  end if;
  for number in 0..shared.lines - 1 loop
    one := upper_lines -> (jsonb_array_length(upper_lines) - shared.upper_after - shared.lines + number);
    other := lower_lines -> (shared.cut_below + number);
    if (other -> 'decided')::boolean and not (one -> 'decided')::boolean then
      delete from public.receipt_items i where i.id = (one ->> 'id')::uuid returning i.line_no into free_line;
      update public.receipt_items i
      set receipt_id = p_whole_id, line_no = free_line, photo_of = coalesce(i.photo_of, p_part_id)
      where i.id = (other ->> 'id')::uuid;
    else
      left_out := left_out || (other ->> 'id')::uuid;
    end if;
  end loop;
  select coalesce(max(i.line_no), 0) into last_line from public.receipt_items i where i.receipt_id = p_whole_id;
  if 900 < last_line + (
    select count(*) from public.receipt_items i where i.receipt_id = p_part_id and i.id <> all (left_out)
  ) then
    perform private.refuse(409, 'limit_reached', 'The receipt would have too many items.');
  end if;
  update public.receipt_items i
  set receipt_id = p_whole_id, line_no = last_line + moved.place, photo_of = coalesce(i.photo_of, p_part_id)
  from (
    select m.id, row_number() over (order by m.line_no) as place
    from public.receipt_items m
    where m.receipt_id = p_part_id and m.id <> all (left_out)
  ) moved
  where i.id = moved.id;
  update public.receipts r set joined_into = p_whole_id where r.joined_into = p_part_id;
  update public.receipts r set joined_into = p_whole_id, deleted_at = now() where r.id = p_part_id;
  insert into private.changed_receipts (receipt_id) values (p_part_id);
end
$$;
REVOKE ALL ON FUNCTION private.join_part(p_whole_id uuid, p_part_id uuid, p_total integer) FROM PUBLIC;
COMMENT ON FUNCTION private.join_part(p_whole_id uuid, p_part_id uuid, p_total integer) IS 'Moves the line items of a receipt to the one whose lower part it is, without those that both photos show. Its row and its photo are kept, hidden, as long as the whole receipt. p_total: the total of both together, if known.';

-- private.json_argument

CREATE FUNCTION private.json_argument(p_json jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select case jsonb_typeof(p_json) when 'string' then (p_json #>> '{}')::jsonb else p_json end
$$;
REVOKE ALL ON FUNCTION private.json_argument(p_json jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.json_argument(p_json jsonb) TO authenticated;
COMMENT ON FUNCTION private.json_argument(p_json jsonb) IS 'The JSON value of an argument. Supabase Lite, and clients that encode twice, pass JSON as a string that contains it.';

-- private.kept_reading

CREATE FUNCTION private.kept_reading(p_photo_ids uuid[], p_field text, OUT value jsonb, OUT is_uncertain boolean, OUT warnings jsonb) RETURNS record
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select reading.value, reading.is_uncertain, reading.warnings
  from (
    select photo.place, coalesce(field.value, 'null') as value, r.warnings,
      p_field = any (r.uncertain_fields)
        or p_field = 'purchased_at' and r.warnings ? 'unsure_purchase_date' as is_uncertain,
      (
        select max(f.created_at)
        from public.receipt_feedback f
        join public.receipts corrected on corrected.id = f.receipt_id
        -- What an earlier call joined has given its corrections to this one.
        where r.id in (corrected.id, corrected.joined_into) and f.field = p_field and f.chosen = field.value
      ) as corrected_at
    from unnest(p_photo_ids) with ordinality photo (id, place)
    join public.receipts r on r.id = photo.id
    cross join lateral (
      select case p_field
        when 'store_name' then to_jsonb(r.store_name)
        when 'purchased_at' then to_jsonb(r.purchased_at)
        else to_jsonb(r.total)
      end as value
    ) field
  ) reading
  order by reading.value = 'null', reading.corrected_at desc nulls last, reading.is_uncertain,
    -- Store and date are printed at the top, the total at the bottom.
    case when p_field = 'total' then -reading.place else reading.place end
  limit 1
$$;
REVOKE ALL ON FUNCTION private.kept_reading(p_photo_ids uuid[], p_field text, OUT value jsonb, OUT is_uncertain boolean, OUT warnings jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.kept_reading(p_photo_ids uuid[], p_field text, OUT value jsonb, OUT is_uncertain boolean, OUT warnings jsonb) IS 'What the photos of one receipt, from top to bottom, say about a field of receipts: what the user corrected last, otherwise what is certain, otherwise what is uncertain; of several the upper one, of totals the lower one. The warnings are those of its photo.';

-- private.known_product

CREATE FUNCTION private.known_product(p_gtin14 text, p_user_id uuid) RETURNS TABLE(name text, brand text, category_id smallint, quantity_text text, image_url text, source text, fetched_at timestamp with time zone, expires_at timestamp with time zone, confidence real)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  -- One after the other: most products are found by the second query.
  return query
    select n.name, null::text, n.category_id, n.quantity_text, private.product_image(p_gtin14),
      'user', n.created_at, null::timestamptz, null::real
    from public.product_names n
    where n.gtin14 = p_gtin14 and n.user_id = p_user_id;
  if found then
    return;
  end if;
  return query
    select p.name, p.brand, p.category_id, p.quantity_text, p.image_url,
      p.source, p.fetched_at, p.expires_at, p.confidence
    from public.products p
    where p.gtin14 = p_gtin14;
  if found then
    return;
  end if;
  return query
    select b.name, b.maker, b.category_id, b.quantity_text, b.image_url,
      b.source, b.loaded_at, null::timestamptz, null::real
    from public.products_bulk b
    where b.gtin14 = p_gtin14;
  if found then
    return;
  end if;
  return query
    -- Providers are asked about these again, as about an unknown product.
    select h.name, null::text, h.category_id, h.quantity_text, null::text, h.source, h.named_at,
      case when not private.is_publication(p_gtin14) then
        coalesce((select m.retry_after from public.product_misses m where m.gtin14 = p_gtin14), h.named_at)
      end,
      null::real
    from private.household_names(p_gtin14, p_user_id) h
    order by h.place
    limit 1;
end
$$;
REVOKE ALL ON FUNCTION private.known_product(p_gtin14 text, p_user_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.known_product(p_gtin14 text, p_user_id uuid) IS 'The product of a barcode: as the user named it, otherwise from providers, otherwise from the loaded index, otherwise as households call it.';

-- private.korean_day

CREATE FUNCTION private.korean_day(p_at timestamp with time zone) RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (p_at at time zone 'Asia/Seoul')::date
$$;
REVOKE ALL ON FUNCTION private.korean_day(p_at timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.korean_day(p_at timestamp with time zone) IS 'The day in Korea at that moment.';

-- private.korean_midnight

CREATE FUNCTION private.korean_midnight(p_day date) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select p_day::timestamp at time zone 'Asia/Seoul'
$$;
REVOKE ALL ON FUNCTION private.korean_midnight(p_day date) FROM PUBLIC;
COMMENT ON FUNCTION private.korean_midnight(p_day date) IS 'When a day begins in Korea.';

-- private.last_day

CREATE FUNCTION private.last_day() RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select private.today() + 1
$$;
REVOKE ALL ON FUNCTION private.last_day() FROM PUBLIC;
COMMENT ON FUNCTION private.last_day() IS 'The last day that statistics count: a phone in another time zone may be a day ahead, and later dates are misread.';

-- private.latest_step_of_today

CREATE FUNCTION private.latest_step_of_today(p_inventory_id uuid) RETURNS public.inventory_history
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  step public.inventory_history;
  step_ids bigint[] := array[]::bigint[];
  last_changes jsonb;
begin
  for step in
    select h.* from public.inventory_history h
    where h.inventory_id = p_inventory_id and private.korean_day(h.changed_at) = private.today()
      -- The user may also have renamed the item or eaten some of it.
      and h.changes ?| array['storage', 'moved_on', 'opened_on', 'expires_on', 'package_expires_on', 'expiry_basis']
    order by h.id
  loop
    select h.changes into last_changes from public.inventory_history h where h.id = step_ids[cardinality(step_ids)];
    if step.action = 'moved' and step.changes = (
      select jsonb_object_agg(c.key, jsonb_build_array(c.value -> 1, c.value -> 0)) from jsonb_each(last_changes) c
    ) then
      step_ids := trim_array(step_ids, 1);
    else
      step_ids := step_ids || step.id;
    end if;
  end loop;
  select h.* into step from public.inventory_history h where h.id = step_ids[cardinality(step_ids)];
  return step;
end
$$;
REVOKE ALL ON FUNCTION private.latest_step_of_today(p_inventory_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.latest_step_of_today(p_inventory_id uuid) IS 'The latest entry of today in the history of an inventory row that changed its place or a date and was not undone by moving it back; null without one.';

-- private.learn

CREATE FUNCTION private.learn(p_receipt_item_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  item public.receipt_items;
  receipt public.receipts;
  key text;
begin
  select i.* into item from public.receipt_items i where i.id = p_receipt_item_id;
  select r.* into receipt from public.receipts r where r.id = item.receipt_id and r.user_id = (select private.owner_id());
  key := private.text_key(item.predicted_name);
  if receipt.id is null or key = '' or length(key) > 400 or length(private.text_key(receipt.store_name)) > 200 then
    return;
  end if;
  begin
    insert into public.item_aliases as a (user_id, store_key, text_key, name, category_id)
    values (receipt.user_id, private.text_key(receipt.store_name), key, left(item.name, 200), item.category_id)
    on conflict (user_id, store_key, text_key) do update
    set name = excluded.name, category_id = excluded.category_id, uses = a.uses + 1;
  exception when sqlstate 'PT409' or sqlstate 'PT429' then
    return; -- the decision on the line item counts even if no further alias can be stored
  end;

  -- Pending line items of other receipts take the alias too, except those that the user has already decided. alias_of
  -- prefers an alias of their own store.
  update public.receipt_items i
  set name = alias.name, category_id = alias.category_id, decided_by = alias.decided_by,
      uncertain_fields = private.unsettled(i.uncertain_fields, '{name,category,expires_on}'),
      kind = case when category.is_food then 'food' else 'non_food' end,
      storage = estimate.storage,
      expires_on =
        coalesce(i.purchased_on, private.purchase_day(r.purchased_at, r.created_at)) + estimate.min_days
  from public.receipts r
  cross join lateral private.alias_of(r.user_id, r.store_name, item.predicted_name) alias
  join public.categories category on category.id = alias.category_id
  cross join lateral private.shelf_life(alias.name, alias.category_id) estimate
  where r.user_id = receipt.user_id and i.receipt_id = r.id and i.id <> item.id
    and i.status = 'pending' and i.decided_by <> 'user' and private.text_key(i.predicted_name) = key
    and (i.name, i.category_id) is distinct from (alias.name, alias.category_id);
end
$$;
REVOKE ALL ON FUNCTION private.learn(p_receipt_item_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.learn(p_receipt_item_id uuid) TO authenticated;
COMMENT ON FUNCTION private.learn(p_receipt_item_id uuid) IS 'Stores the name and category of a line item of the calling user as an alias, for their next receipts and for those they have not reviewed yet.';

-- private.limit_rows

CREATE FUNCTION private.limit_rows() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  rows_limit constant bigint := coalesce(private.setting(tg_table_name || '_rows'), tg_argv[0])::bigint;
  owner_rows record;
  stored_rows bigint;
  -- How many more rows of which user this transaction may insert, so that a call that inserts one by one counts once.
  memo_name constant text := 'limits.' || tg_table_name;
  memo text[];
begin
  for owner_rows in
    select a.user_id, count(*) as added from added a where a.user_id is not null group by a.user_id order by a.user_id
  loop
    if not private.take_quota(owner_rows.user_id, tg_table_name, owner_rows.added) then
      perform private.refuse_until_tomorrow('The daily limit is reached.');
    end if;
    memo := string_to_array(current_setting(memo_name, true), ' ');
    if memo[1] = owner_rows.user_id::text and memo[2]::bigint >= owner_rows.added then
      perform set_config(memo_name, memo[1] || ' ' || memo[2]::bigint - owner_rows.added, true);
      continue;
    end if;
    execute format('select count(*) from (select from %s where user_id = $1 limit $2) counted', tg_relid::regclass)
    into stored_rows using owner_rows.user_id, rows_limit + 1;
    if stored_rows > rows_limit then
      perform private.refuse(409, 'limit_reached', 'The limit of stored rows is reached; delete some first.');
    end if;
    perform set_config(memo_name, owner_rows.user_id || ' ' || rows_limit - stored_rows, true);
  end loop;
  return null;
end
$_$;
REVOKE ALL ON FUNCTION private.limit_rows() FROM PUBLIC;
COMMENT ON FUNCTION private.limit_rows() IS 'Limits the rows of a user: per day by private.daily_limit of the table''s name, and in total by the setting {table}_rows or the trigger''s argument. Errors by hint: rate_limited, limit_reached.';

-- private.lines_to_compare

CREATE FUNCTION private.lines_to_compare(p_receipt_id uuid) RETURNS jsonb
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(
    jsonb_agg(
      jsonb_build_object(
        'id', i.id, 'numbers', jsonb_build_array(i.amount, i.discount, i.quantity),
        'read', jsonb_build_array(
          coalesce(f.offered -> 'amount', to_jsonb(i.amount)),
          coalesce(f.offered -> 'discount', to_jsonb(i.discount)),
          coalesce(f.offered -> 'quantity', to_jsonb(i.quantity))
        ),
        'name', coalesce(i.gtin14, private.text_key(i.predicted_name)), 'text', private.text_key(i.predicted_name),
        'won', coalesce(i.amount, 0) + i.discount,
        'decided', i.status <> 'pending' or i.decided_by = 'user' or f.offered is not null
      )
      order by i.line_no
    ),
    '[]'
  )
  from public.receipt_items i
  left join lateral (
    select jsonb_object_agg(o.field, o.offered) as offered
    from public.item_feedback o where o.receipt_item_id = i.id
  ) f on true
  where i.receipt_id = p_receipt_id and i.predicted_category_id is not null
$$;
REVOKE ALL ON FUNCTION private.lines_to_compare(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.lines_to_compare(p_receipt_id uuid) IS 'The line items that were read from a receipt, in order: [{id, numbers, read, name, text, won, decided}]. read: the numbers before the user corrected them; decided: whether the user has decided anything about the line item.';

-- private.linked_voters

CREATE FUNCTION private.linked_voters(p_until timestamp with time zone) RETURNS TABLE(voter text, other text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with purchase as materialized (
    select distinct p.* from private.read_purchases(p_until) p where p.total is not null and p.purchased_at is not null
  )
  select private.voter(one.user_id), private.voter(two.user_id)
  from purchase one
  join purchase two on (two.store_key, two.purchased_at, two.total) = (one.store_key, one.purchased_at, one.total)
    and two.user_id > one.user_id
  group by one.user_id, two.user_id
  -- Two strangers may spend the same in one store on one day, but not in the same minute, and not twice.
  having count(*) > 1 or bool_or(one.purchased_at <> date_trunc('day', one.purchased_at))
$$;
REVOKE ALL ON FUNCTION private.linked_voters(p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.linked_voters(p_until timestamp with time zone) TO retraining;
COMMENT ON FUNCTION private.linked_voters(p_until timestamp with time zone) IS 'Pairs of voters who photographed the same receipt: one household, or one person with several accounts.';

-- private.local_moment

CREATE FUNCTION private.local_moment(p_moment text) RETURNS timestamp without time zone
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
begin
  if p_moment is null then
    return null;
  elsif p_moment ~ '^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)? ?(Z|[+-]\d{2}(:?\d{2})?)$' then
    return p_moment::timestamptz at time zone 'Asia/Seoul';
  elsif p_moment ~ '^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$' then
    return p_moment::timestamp;
  end if;
  raise exception using errcode = 'invalid_datetime_format', message = 'A moment has the form 2026-11-28T18:31.';
end
$_$;
REVOKE ALL ON FUNCTION private.local_moment(p_moment text) FROM PUBLIC;
COMMENT ON FUNCTION private.local_moment(p_moment text) IS 'The time in Korea that a client sent: 2026-11-28, 2026-11-28T18:31, or a moment with its zone.';

-- private.lock_figures

CREATE FUNCTION private.lock_figures() RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select 'oldest_table_lock_seconds', '{}'::jsonb,
    coalesce(max(extract(epoch from clock_timestamp() - a.xact_start)), 0)::double precision
  from pg_catalog.pg_locks l
  join pg_catalog.pg_class c on c.oid = l.relation
  join pg_catalog.pg_stat_activity a on a.pid = l.pid
  where l.granted
    and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
    and c.relkind in ('r', 'p')
    and c.relnamespace::regnamespace::text in ('public', 'private', 'storage', 'net')
$$;
REVOKE ALL ON FUNCTION private.lock_figures() FROM PUBLIC;
COMMENT ON FUNCTION private.lock_figures() IS 'Age of the oldest transaction that holds a lock on a table against writes, such as a migration. Uploads wait a second for it, are noted, and get their receipts when it ends.';

-- private.lock_inventory_item

CREATE FUNCTION private.lock_inventory_item(p_inventory_id uuid) RETURNS public.inventory
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  item public.inventory;
begin
  select * into item from public.inventory where id = p_inventory_id and user_id = (select private.owner_id()) for update;
  if not found then
    perform private.refuse(404, 'inventory_item_not_found', 'The inventory item was not found.');
  end if;
  return item;
end
$$;
REVOKE ALL ON FUNCTION private.lock_inventory_item(p_inventory_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.lock_inventory_item(p_inventory_id uuid) IS 'An inventory row of the calling user, locked for a change. Errors by hint: inventory_item_not_found.';

-- private.lock_product_name

CREATE FUNCTION private.lock_product_name(p_gtin14 text) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pg_advisory_xact_lock(hashtextextended('product_names ' || p_gtin14, 0))
$$;
REVOKE ALL ON FUNCTION private.lock_product_name(p_gtin14 text) FROM PUBLIC;
COMMENT ON FUNCTION private.lock_product_name(p_gtin14 text) IS 'Serialises the votes on the name of a product until the transaction ends, so that the last of several concurrent votes sees the others.';

-- private.lock_receipt

CREATE FUNCTION private.lock_receipt(p_receipt_id uuid) RETURNS public.receipts
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
begin
  perform private.lock_user((select private.owner_id()));
  select r.* into receipt from public.receipts r
  where r.id = p_receipt_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update;
  if not found then
    perform private.refuse(404, 'receipt_not_found', 'The receipt was not found.');
  elsif receipt.status <> 'done' then
    perform private.refuse(409, 'receipt_not_done', format('The receipt must be done; it is %s.', receipt.status));
  end if;
  return receipt;
end
$$;
REVOKE ALL ON FUNCTION private.lock_receipt(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.lock_receipt(p_receipt_id uuid) IS 'A receipt of the calling user that has been read, locked for a change. Errors by hint: receipt_not_found, receipt_not_done.';

-- private.lock_receipt_item

CREATE FUNCTION private.lock_receipt_item(p_receipt_item_id uuid) RETURNS public.receipt_items
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  item public.receipt_items;
begin
  perform private.lock_user((select private.owner_id()));
  select i.* into item
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id()) and r.deleted_at is null
  for update of i;
  if not found then
    perform private.refuse(404, 'item_not_found', 'The line item was not found.');
  end if;
  return item;
end
$$;
REVOKE ALL ON FUNCTION private.lock_receipt_item(p_receipt_item_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.lock_receipt_item(p_receipt_item_id uuid) IS 'A line item of the calling user, locked for a change. Errors by hint: item_not_found.';

-- private.lock_receipt_items

CREATE FUNCTION private.lock_receipt_items(p_receipt_id uuid) RETURNS SETOF public.receipt_items
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select i.*
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where r.id = p_receipt_id and r.user_id = (select private.owner_id())
  order by i.line_no
  for update of i
$$;
REVOKE ALL ON FUNCTION private.lock_receipt_items(p_receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.lock_receipt_items(p_receipt_id uuid) TO authenticated;
COMMENT ON FUNCTION private.lock_receipt_items(p_receipt_id uuid) IS 'The line items of a receipt of the calling user, locked until the transaction ends.';

-- private.lock_user

CREATE FUNCTION private.lock_user(p_user_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  select pg_advisory_xact_lock(hashtextextended(p_user_id::text, 0))
$$;
REVOKE ALL ON FUNCTION private.lock_user(p_user_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.lock_user(p_user_id uuid) TO authenticated;
COMMENT ON FUNCTION private.lock_user(p_user_id uuid) IS 'Locks a user until the transaction ends, so that concurrent transactions which complete or correct receipts of that user run one after another.';

-- private.mark_reading_tasks

CREATE FUNCTION private.mark_reading_tasks(p_ids uuid[]) RETURNS SETOF uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.reading_samples s set pushed_at = coalesce(s.pushed_at, now())
  where s.id = any (p_ids) and private.has_reading_consent(s.user_id)
  returning s.id
$$;
REVOKE ALL ON FUNCTION private.mark_reading_tasks(p_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.mark_reading_tasks(p_ids uuid[]) TO annotation;
COMMENT ON FUNCTION private.mark_reading_tasks(p_ids uuid[]) IS 'Marks samples as pushed to annotators. Returns those that still exist, with consent; the tasks of the others have to be deleted.';

-- private.max_attempts

CREATE FUNCTION private.max_attempts() RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(private.setting('max_attempts')::integer, 5)
$$;
REVOKE ALL ON FUNCTION private.max_attempts() FROM PUBLIC;
COMMENT ON FUNCTION private.max_attempts() IS 'Attempts before a receipt becomes a dead letter: setting max_attempts, 5 by default.';

-- private.may_be_cut

CREATE FUNCTION private.may_be_cut(p_cut jsonb, p_whole jsonb, p_adds_up boolean, p_shared integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select case
    when p_adds_up then p_shared > 1 or strpos(c.whole, c.cut) > 0
    else length(c.cut) > 1 and (length(c.cut) < length(c.whole) or p_cut -> 'numbers' -> 0 = 'null')
      and (starts_with(c.whole, c.cut) or starts_with(reverse(c.whole), reverse(c.cut)))
  end
  from (select p_cut ->> 'text', p_whole ->> 'text') c (cut, whole)
$$;
REVOKE ALL ON FUNCTION private.may_be_cut(p_cut jsonb, p_whole jsonb, p_adds_up boolean, p_shared integer) FROM PUBLIC;
COMMENT ON FUNCTION private.may_be_cut(p_cut jsonb, p_whole jsonb, p_adds_up boolean, p_shared integer) IS 'Whether a line may be what the edge of a photo has left of another line: its name is a piece of the other one, or the total proves it and the photos share several lines. Without the total, one character is no piece (배 is not 배추), nor a whole name that has an amount. p_adds_up: whether the rest adds up to the total; p_shared: lines that both show.';

-- private.monitoring_snapshot

CREATE FUNCTION private.monitoring_snapshot(p_reference jsonb, p_now timestamp with time zone DEFAULT now()) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  return query
    select * from private.pipeline_figures(p_now)
    union all
    select * from private.quality_figures(p_now)
    union all
    select * from private.change_figures(p_now)
    union all
    select * from private.service_figures(p_now)
    union all
    select * from private.account_figures(p_now)
    union all
    select * from private.lock_figures()
    union all
    select c.metric, c.labels, c.value from private.cached_figures c
    union all
    select * from private.drift_figures(p_reference, p_now);
end
$$;
REVOKE ALL ON FUNCTION private.monitoring_snapshot(p_reference jsonb, p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.monitoring_snapshot(p_reference jsonb, p_now timestamp with time zone) IS 'All metrics that the exporter reads. It writes nothing, so it also works on a read replica. Not exposed by the Data API; grant it to the role that the exporter connects as.';

-- private.month_figures

CREATE FUNCTION private.month_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select 'reviewed_items_by_month',
    jsonb_build_object('month', to_char(c.at at time zone 'Asia/Seoul', 'YYYY-MM'), 'result', c.labels -> 'result'),
    sum(c.n)
  from private.counts c
  where c.metric = 'reviewed_items' and c.at > p_now - interval '400 days'
  group by 2
  having sum(c.n) > 0
$$;
REVOKE ALL ON FUNCTION private.month_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.month_figures(p_now timestamp with time zone) IS 'Metrics of reviewed line items by month of upload.';

-- private.move_purchase_day

CREATE FUNCTION private.move_purchase_day(p_receipt_id uuid, p_from date, p_to date) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  lot public.inventory;
begin
  if p_from = p_to then
    return;
  end if;
  for lot in
    select v.* from public.inventory v
    join public.receipt_items i on i.id = v.receipt_item_id
    where i.receipt_id = p_receipt_id and i.purchased_on is null and v.purchased_on = p_from
    order by v.id
    for update of v
  loop
    perform private.check_purchase_day(lot, p_to);
  end loop;
  update public.inventory v
  set (purchased_on, expires_on) = (
    select later.purchased_on, later.expires_on from private.bought_later(v, p_to - p_from) later
  )
  from public.receipt_items i
  where i.receipt_id = p_receipt_id and i.purchased_on is null and v.receipt_item_id = i.id and v.purchased_on = p_from;
  -- Those that the user may restore, too, unless the day may come after a step.
  update private.deleted_inventory d
  set lot = to_jsonb(private.bought_later(jsonb_populate_record(null::public.inventory, d.lot), p_to - p_from))
  from public.receipts r
  join public.receipt_items i on i.receipt_id = r.id
  where r.id = p_receipt_id and d.user_id = r.user_id and i.purchased_on is null
    and (d.lot ->> 'receipt_item_id')::uuid = i.id and (d.lot ->> 'purchased_on')::date = p_from
    and coalesce(d.lot ->> 'moved_on', d.lot ->> 'opened_on') is null;
  update public.receipt_items i set expires_on = i.expires_on + (p_to - p_from)
  where i.receipt_id = p_receipt_id and i.purchased_on is null and i.expires_on is not null;
end
$$;
REVOKE ALL ON FUNCTION private.move_purchase_day(p_receipt_id uuid, p_from date, p_to date) FROM PUBLIC;
COMMENT ON FUNCTION private.move_purchase_day(p_receipt_id uuid, p_from date, p_to date) IS 'Makes the use-by dates of a receipt follow its day, and those of inventory rows, also deleted ones, that are estimates and were neither moved nor opened. Days of orders stay. Errors by hint: purchase_after_step.';

-- private.moved

CREATE FUNCTION private.moved(p_item public.inventory, p_storage text, p_day date) RETURNS public.inventory
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  item public.inventory := p_item;
  estimate private.shelf_life;
  opened private.shelf_life;
  unopened constant public.inventory := private.unopened(p_item);
  thawed_until constant date := case when unopened.expiry_basis = 'thawed' then unopened.expires_on end;
  fresh_days integer;
  usual constant private.shelf_life := private.shelf_life(p_item.name, p_item.category_id);
  purchase_date constant date := coalesce(p_item.purchased_on, (p_item.created_at at time zone 'Asia/Seoul')::date);
  estimated_on date;
begin
  item.storage := p_storage;
  item.moved_on := p_day;
  if item.expires_on < p_day then
    return item; -- expired food does not get a new date
  end if;

  if p_storage = 'freezer' then
    estimate := private.shelf_life(item.name, item.category_id, 'freezer');
    item.expires_on := greatest(p_day + estimate.min_days, item.package_expires_on);
    item.expiry_basis := case when item.expires_on = item.package_expires_on then 'package' else 'frozen' end;
  elsif p_item.storage = 'freezer' then
    estimate := private.shelf_life_after(item.name, item.category_id, 'thawed', p_storage, false);
    if estimate.min_days is null then
      -- It keeps as fresh food does, but no longer than it would have when it was frozen.
      estimate := private.shelf_life(item.name, item.category_id, p_storage);
      fresh_days := coalesce(item.package_expires_on, purchase_date + estimate.min_days) - p_item.moved_on;
      if estimate.min_days > fresh_days then -- neither is null: it has a rule, and was not bought frozen
        estimate.min_days := least(estimate.min_days, greatest(fresh_days, 1));
      end if;
    end if;
    if item.opened_on is not null then
      opened := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
      estimate := case when opened.min_days < estimate.min_days then opened else estimate end;
    end if;
    item.expires_on := least(p_item.expires_on, p_day + estimate.min_days);
    item.expiry_basis := 'thawed';
  elsif item.opened_on is not null then
    estimate := private.shelf_life_after(item.name, item.category_id, 'opened', p_storage, false);
    item.expires_on := least(item.package_expires_on, thawed_until, item.opened_on + estimate.min_days);
    item.expiry_basis := case item.expires_on
      when item.package_expires_on then 'package' when thawed_until then 'thawed' else 'opened'
    end;
  elsif item.expiry_basis = 'package' and (p_storage = 'fridge' or p_storage = usual.storage) then
    return item; -- the date on the package is valid at the usual storage and where it is colder
  elsif item.expiry_basis = 'thawed' then
    return item;
  else
    estimate := private.shelf_life(item.name, item.category_id, p_storage);
    estimated_on := greatest(purchase_date + estimate.min_days, p_day);
    item.expires_on := least(item.package_expires_on, estimated_on);
    item.expiry_basis := case when item.expires_on = item.package_expires_on then 'package' else 'purchase' end;
  end if;

  if estimate.min_days is null then
    -- Without a rule for this storage the previous date stays, unless the product needs no date.
    item.expires_on :=
      case when estimate.source = 'not_applicable' then item.package_expires_on else p_item.expires_on end;
    item.expiry_basis := case when item.expires_on is not null then p_item.expiry_basis end;
    return item;
  end if;
  item.expiry_source := case when item.expiry_basis <> 'package' then estimate.source end;
  return item;
end
$$;
REVOKE ALL ON FUNCTION private.moved(p_item public.inventory, p_storage text, p_day date) FROM PUBLIC;
COMMENT ON FUNCTION private.moved(p_item public.inventory, p_storage text, p_day date) IS 'The inventory row after a move to another storage on p_day. Freezing counts from that day; thawing never extends the date; expired food estimate its date.';

-- private.next_reminder

CREATE FUNCTION private.next_reminder(p_settings public.reminder_settings, p_after timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  s constant public.reminder_settings := p_settings;
  due_time constant time := case when private.is_quiet(s, s.time_of_day) then s.quiet_until else s.time_of_day end;
  today constant date := (p_after at time zone s.time_zone)::date;
  due_at timestamptz;
begin
  if not s.is_enabled then
    return timestamptz 'infinity';
  end if;
  for day in 0..3 loop
    due_at := (today + day + due_time) at time zone s.time_zone;
    if due_at > p_after and (s.last_day is null or today + day > s.last_day)
      -- A traveller's next day may begin a few hours after the last reminder.
      and (s.last_sent_at is null or due_at >= s.last_sent_at + interval '12 hours')
    then
      return due_at;
    end if;
  end loop;
  return p_after + interval '1 day';
end
$$;
REVOKE ALL ON FUNCTION private.next_reminder(p_settings public.reminder_settings, p_after timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.next_reminder(p_settings public.reminder_settings, p_after timestamp with time zone) IS 'When the next reminder after p_after is due: at the user''s time of day, or at the end of their quiet hours if it lies within them, on a day for which none was claimed.';

-- private.next_turn

CREATE FUNCTION private.next_turn(p_user_id uuid) RETURNS bigint
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select greatest(
    coalesce(
      (
        select r.turn from public.receipts r
        where r.status = 'queued' and not r.reads_alone and r.next_attempt_at <= now()
        order by r.turn, r.queued_at
        limit 1
      ),
      0
    ),
    coalesce(
      (
        select max(r.turn) + 1 from public.receipts r
        where r.user_id = p_user_id and r.status in ('queued', 'processing')
      ),
      0
    )
  )
$$;
REVOKE ALL ON FUNCTION private.next_turn(p_user_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.next_turn(p_user_id uuid) IS 'The turn of the next receipt of a user: after the user''s other open receipts, and not before the front of the queue. So a user''s n-th waiting photo comes after the (n-1)-th of every user.';

-- private.note_agreed_name

CREATE FUNCTION private.note_agreed_name() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into private.agreed_name_history (gtin14, source, name, name_key, category_id, quantity_text, accounts)
  values (new.gtin14, new.source, new.name, new.name_key, new.category_id, new.quantity_text, new.accounts);
  delete from private.agreed_name_history h
  where h.gtin14 = new.gtin14 and h.source = new.source and h.id <= (
    select oldest.id from private.agreed_name_history oldest
    where oldest.gtin14 = new.gtin14 and oldest.source = new.source
    order by oldest.id desc
    offset 50 limit 1
  );
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.note_agreed_name() FROM PUBLIC;
COMMENT ON FUNCTION private.note_agreed_name() IS 'Writes agreed_name_history, of which the latest 50 entries of each product and source are kept.';

-- private.note_attempt

CREATE FUNCTION private.note_attempt() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if new.status = 'processing' then
    insert into private.receipt_attempts (receipt_id, request_id) values (new.id, new.request_id);
    delete from private.receipt_attempts a
    where a.receipt_id = new.id and a.id <= (
      select o.id from private.receipt_attempts o where o.receipt_id = new.id order by o.id desc offset 20 limit 1
    );
  else
    update private.receipt_attempts a
    set ended_at = now(), outcome = new.status,
        error_code = case when new.status <> 'done' then new.error_code end,
        error_detail = case when new.status <> 'done' then new.error_detail end
    where a.id = (
      select o.id from private.receipt_attempts o where o.receipt_id = new.id order by o.id desc limit 1
    ) and a.ended_at is null;
  end if;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.note_attempt() FROM PUBLIC;
COMMENT ON FUNCTION private.note_attempt() IS 'Begins or ends the row of an attempt.';

-- private.note_changed_receipts

CREATE FUNCTION private.note_changed_receipts() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_table_name = 'receipts' then
    insert into private.changed_receipts (receipt_id) values (new.id);
  elsif tg_table_name = 'receipt_items' then
    -- Items of a receipt that is being deleted change if it was joined: they lose their other photo.
    insert into private.changed_receipts (receipt_id)
    select distinct r.id from changed c join public.receipts r on r.id = c.receipt_id;
  else
    insert into private.changed_receipts (receipt_id)
    select distinct r.id
    from changed c
    join public.receipt_items i on i.id = c.receipt_item_id
    join public.receipts r on r.id = i.receipt_id;
  end if;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.note_changed_receipts() FROM PUBLIC;
COMMENT ON FUNCTION private.note_changed_receipts() IS 'Notes receipts whose counts may have changed.';

-- private.note_feedback

CREATE FUNCTION private.note_feedback(p_receipt_item_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into public.user_category_feedback as f (
    user_id, receipt_item_id, item_text, predicted_category_id, predicted_confidence, corrected_category_id,
    model_version
  )
  select
    r.user_id, i.id,
    left(coalesce(nullif(btrim(i.predicted_name), ''), nullif(btrim(i.raw_text), ''), nullif(btrim(i.name), ''), '?'), 200),
    i.predicted_category_id, i.confidence, i.category_id, coalesce(i.model_versions, r.model_versions) ->> 'category'
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id
  where i.id = p_receipt_item_id and r.user_id = (select private.owner_id())
  on conflict (receipt_item_id) do update
  set corrected_category_id = excluded.corrected_category_id, created_at = excluded.created_at
  where f.corrected_category_id <> excluded.corrected_category_id
$$;
REVOKE ALL ON FUNCTION private.note_feedback(p_receipt_item_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_feedback(p_receipt_item_id uuid) TO authenticated;
COMMENT ON FUNCTION private.note_feedback(p_receipt_item_id uuid) IS 'Stores the category that the calling user gave a line item of theirs, with the prediction, its confidence and the model version.';

-- private.note_inventory_change

CREATE FUNCTION private.note_inventory_change() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  column_changes jsonb;
begin
  select jsonb_object_agg(after.key, jsonb_build_array(before.value, after.value)) into column_changes
  from jsonb_each(to_jsonb(new)) after
  join jsonb_each(to_jsonb(old)) before using (key)
  where before.value is distinct from after.value
    -- receipt_item_id: a row that loses its receipt is not a change by the user, and no limit may keep the receipt.
    -- image_url: nor is an image that arrives, and no limit may keep the product.
    and after.key not in ('version', 'bought_quantity', 'name_key', 'receipt_item_id', 'image_url');
  if column_changes is not null then
    insert into public.inventory_history (inventory_id, user_id, action, changes)
    values (
      new.id, new.user_id,
      case
        when new.opened_on is distinct from old.opened_on and new.opened_on is not null then 'opened'
        -- A correction of the quantity rescales the whole lot.
        when new.consumed_at is not null and old.consumed_at is null
          or new.quantity < old.quantity and new.bought_quantity = old.bought_quantity then 'consumed'
        when new.storage is distinct from old.storage then 'moved'
        else 'corrected'
      end,
      column_changes
    );
    delete from public.inventory_history h
    where h.inventory_id = new.id and h.id <= (
      select oldest.id from public.inventory_history oldest
      where oldest.inventory_id = new.id
      order by oldest.id desc
      offset 200 limit 1
    );
  end if;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.note_inventory_change() FROM PUBLIC;
COMMENT ON FUNCTION private.note_inventory_change() IS 'Writes inventory_history, of which the latest 200 entries of each row are kept.';

-- private.note_item_feedback

CREATE FUNCTION private.note_item_feedback(p_receipt_item_id uuid, p_chosen jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  insert into public.item_feedback as f (receipt_item_id, field, user_id, offered, chosen)
  select i.id, choice.key, r.user_id, offered.item -> choice.key, choice.value
  from public.receipt_items i
  join public.receipts r on r.id = i.receipt_id and r.user_id = (select private.owner_id())
  cross join lateral (select to_jsonb(i) || jsonb_build_object('dismissed', i.status = 'dismissed') as item) offered
  cross join jsonb_each(p_chosen) choice
  where i.id = p_receipt_item_id and offered.item -> choice.key <> choice.value
  on conflict (receipt_item_id, field) do update
  set chosen = excluded.chosen, created_at = excluded.created_at
  where f.chosen <> excluded.chosen;
  -- Back to what was offered at first: nothing was wrong.
  delete from public.item_feedback f
  where f.receipt_item_id = p_receipt_item_id and f.chosen = f.offered and f.user_id = (select private.owner_id());
end
$$;
REVOKE ALL ON FUNCTION private.note_item_feedback(p_receipt_item_id uuid, p_chosen jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_item_feedback(p_receipt_item_id uuid, p_chosen jsonb) TO authenticated;
COMMENT ON FUNCTION private.note_item_feedback(p_receipt_item_id uuid, p_chosen jsonb) IS 'Stores the values that the calling user chose for a line item of theirs, {field: value}, where they differ from what was offered at first. Must run before the line item is updated.';

-- private.note_printed_names

CREATE FUNCTION private.note_printed_names(p_receipt_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  receipt public.receipts;
  number text;
begin
  select r.* into receipt from public.receipts r where r.id = p_receipt_id;
  if (select count(*) from private.printed_names n where n.user_id = receipt.user_id) >= 20000 then
    return; -- more than a household buys in years
  end if;
  for number in
    insert into private.printed_names as n (user_id, gtin14, name, name_key, category_id, purchase_key)
    select distinct on (i.gtin14)
      receipt.user_id, i.gtin14, printed.name, private.text_key(printed.name),
      case when i.uncertain then null else i.predicted_category_id end,
      md5(concat_ws('|', private.text_key(receipt.store_name), receipt.purchased_at, receipt.total))
    from public.receipt_items i
    cross join lateral (select private.clean_name(i.predicted_name) as name) printed
    where i.receipt_id = receipt.id and i.gtin14 is not null and coalesce(i.amount, 0) >= 0
      and private.is_product_name(printed.name) and length(private.text_key(printed.name)) <= 200
    order by i.gtin14, i.line_no
    on conflict (user_id, gtin14) do update
    set name = excluded.name, name_key = excluded.name_key, category_id = excluded.category_id,
        purchase_key = excluded.purchase_key, created_at = now()
    returning n.gtin14
  loop
    -- In the order of the numbers, which prevents deadlocks.
    perform private.lock_product_name(number);
    if not exists (
      -- A product that many users buy is not counted again by every receipt.
      select from private.agreed_names a
      where a.gtin14 = number and a.source = 'receipts' and a.votes >= 50 and a.decided_at > now() - interval '1 day'
    ) then
      perform private.decide_product_name(number, 'receipts');
    end if;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.note_printed_names(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.note_printed_names(p_receipt_id uuid) IS 'Remembers what a receipt prints beside each barcode, for its user and as a vote on the product''s name.';

-- private.note_reading_sample

CREATE FUNCTION private.note_reading_sample() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  noted private.reading_samples;
begin
  for noted.receipt_item_id, noted.user_id, noted.read_name, noted.model_version in
  select i.id, a.user_id, i.predicted_name, coalesce(i.model_versions, r.model_versions) ->> 'recognition'
  from added a
  join public.reading_consents c on c.user_id = a.user_id
  join public.receipt_items i on i.id = a.receipt_item_id and i.predicted_category_id is not null
  join public.receipts r on r.id = i.receipt_id and r.photo_deleted_at is null
  where a.field = 'name' and i.photo_of is null and jsonb_typeof(a.chosen) = 'string' and i.predicted_name <> ''
    -- Personal data was masked on this line, so it is not kept.
    and i.predicted_name !~ '\*' and i.raw_text !~ '\*'
    -- Far more than one user corrects, and far below what one user must not take from the others.
    and (select count(*) from private.reading_samples s where s.user_id = a.user_id) < 500
    and not exists (select from private.reading_samples s where s.receipt_item_id = i.id)
  order by i.id
  loop
    -- The correction counts also if its line is not kept.
    exit when not private.take_quota(noted.user_id, 'reading_samples', 1);
    insert into private.reading_samples (receipt_item_id, user_id, read_name, model_version)
    values (noted.receipt_item_id, noted.user_id, noted.read_name, noted.model_version)
    on conflict do nothing;
  end loop;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.note_reading_sample() FROM PUBLIC;
COMMENT ON FUNCTION private.note_reading_sample() IS 'Notes line items whose names consenting users corrected, up to reading_samples_per_day (50) per user and day; a sweep then crops their lines.';

-- private.offered_product

CREATE FUNCTION private.offered_product(p_item public.receipt_items) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  return (
    select jsonb_build_object('name', p.name, 'category', c.code, 'source', p.source)
    from public.receipts r
    cross join lateral (
      select k.name, k.category_id, k.source, 0 as place from private.known_product(p_item.gtin14, r.user_id) k
      union all
      select h.name, h.category_id, h.source, h.place from private.household_names(p_item.gtin14, r.user_id) h
    ) p
    left join public.categories c on c.id = p.category_id
    where r.id = p_item.receipt_id and r.user_id = (select private.owner_id())
      and p_item.status = 'pending' and p_item.gtin14 is not null and p.source <> 'receipt'
      and private.text_key(p.name) <> private.text_key(p_item.name)
    order by p.place
    limit 1
  );
end
$$;
REVOKE ALL ON FUNCTION private.offered_product(p_item public.receipt_items) FROM PUBLIC;
GRANT ALL ON FUNCTION private.offered_product(p_item public.receipt_items) TO authenticated;
COMMENT ON FUNCTION private.offered_product(p_item public.receipt_items) IS 'The product of a pending line item''s barcode, if it has another name than the line item: {name, category, source}. It is offered, because users'' and other households'' names and foreign names are never put over what was read.';

-- private.original_of

CREATE FUNCTION private.original_of(p_receipt public.receipts) RETURNS uuid
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select r.id
  from public.receipts r
  where r.user_id = p_receipt.user_id and r.id <> p_receipt.id and r.status = 'done' and r.deleted_at is null
    and r.duplicate_of is null and r.purchased_at = p_receipt.purchased_at and r.total = p_receipt.total
    and r.store_key = p_receipt.store_key
    and p_receipt.store_name is not null and p_receipt.deleted_at is null
  order by r.created_at
  limit 1
$$;
REVOKE ALL ON FUNCTION private.original_of(p_receipt public.receipts) FROM PUBLIC;
COMMENT ON FUNCTION private.original_of(p_receipt public.receipts) IS 'The receipt of the same user with the same store, time and total that this one repeats, otherwise null. A duplicate is never an original.';

-- private.overlap

CREATE FUNCTION private.overlap(p_upper jsonb, p_lower jsonb, p_total integer, OUT lines integer, OUT cut_above integer, OUT cut_below integer, OUT upper_after integer) RETURNS record
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  longest constant integer := 30;
  upper_count constant integer := jsonb_array_length(p_upper);
  lower_count constant integer := jsonb_array_length(p_lower);
  whole_sum bigint;
  total_sum bigint;
  same integer;
  alike integer;
  is_overlap boolean;
  is_inside boolean;
  is_proved boolean;
  best integer := -1;
  score integer;
  one jsonb;
  other jsonb;
begin
  select coalesce(sum((e.value ->> 'won')::bigint), 0) into whole_sum from jsonb_array_elements(p_upper || p_lower) e;
  lines := 0; cut_above := 0; cut_below := 0; upper_after := 0;
  -- Doubled lines can be seen and removed, lost ones cannot: no line goes unless it is proved to be on the other photo.
  for after in 0..case when p_total is null then least(1, upper_count) else upper_count end loop
    for below in 0..1 loop
      for size in 0..least(longest, upper_count - after, lower_count - below) loop
        continue when size = 0 and after + below > 0;
        -- The upper photo shows all of the lower one, or its edge has cut its last line, which the lower one shows.
        is_inside := after > 0 and below + size = lower_count;
        continue when after > 1 and not is_inside;
        -- A line that the edge of the lower photo has cut is whole on the upper one.
        continue when below = 1 and after + size = upper_count;
        is_overlap := true;
        same := 0;
        alike := 0;
        total_sum := whole_sum;
        for place in 0..size - 1 loop
          one := p_upper -> (upper_count - after - size + place);
          other := p_lower -> (below + place);
          is_overlap := one -> 'numbers' = other -> 'numbers' or one -> 'read' = other -> 'read';
          exit when not is_overlap;
          if one -> 'name' = other -> 'name' then
            same := same + 1;
          elsif private.is_misreading(one ->> 'text', other ->> 'text') then
            alike := alike + 1;
          end if;
          total_sum := total_sum - case
            when (other -> 'decided')::boolean and not (one -> 'decided')::boolean then (one ->> 'won')::bigint
            else (other ->> 'won')::bigint
          end;
        end loop;
        -- Not every name is read alike on two photos.
        continue when not is_overlap or 2 * same < size;
        if after = 1 and not is_inside then
          total_sum := total_sum - (p_upper -> -1 ->> 'won')::bigint;
        end if;
        if below = 1 then
          total_sum := total_sum - (p_lower -> 0 ->> 'won')::bigint;
        end if;
        -- What adds up to the total is right: two equal lines may also have been bought. Otherwise names must prove it.
        is_proved := coalesce(total_sum = p_total and total_sum <> whole_sum, false);
        continue when not is_proved and (is_inside or same + alike < size);
        if after = 1 and not is_inside then
          continue when not private.may_be_cut(p_upper -> -1, p_lower -> (below + size), is_proved, size);
        end if;
        if below = 1 then
          continue when not private.may_be_cut(
            p_lower -> 0, p_upper -> (upper_count - after - size - 1), is_proved, size
          );
        end if;
        score := 1000 * coalesce(total_sum = p_total, false)::integer + 4 * size - least(after, 1) - below;
        if score > best then
          best := score; lines := size; upper_after := after; cut_below := below;
          cut_above := (after = 1 and not is_inside)::integer;
        end if;
      end loop;
    end loop;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.overlap(p_upper jsonb, p_lower jsonb, p_total integer, OUT lines integer, OUT cut_above integer, OUT cut_below integer, OUT upper_after integer) FROM PUBLIC;
COMMENT ON FUNCTION private.overlap(p_upper jsonb, p_lower jsonb, p_total integer, OUT lines integer, OUT cut_above integer, OUT cut_below integer, OUT upper_after integer) IS 'How many of the last lines of a photo are the first ones of the next photo (at most 30), after how many that the lower edge has cut, before how many that the upper edge has cut, and how many lines of the upper photo follow. Equal are amounts and quantities, and at least half of the names. Without a proof by the total, the other names must be similar, and what is cut a piece of its name on the other photo. p_upper, p_lower: as lines_to_compare returns them; p_total: the total of both photos together, if known.';

-- private.owner_id

CREATE FUNCTION private.owner_id() RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  -- Nearly every statement asks: in SQL, the function would be planned again in each.
  return auth.uid();
end
$$;
REVOKE ALL ON FUNCTION private.owner_id() FROM PUBLIC;
GRANT ALL ON FUNCTION private.owner_id() TO authenticated;
COMMENT ON FUNCTION private.owner_id() IS 'The account whose rows the calling user reads and changes: their own. Policies and functions ask here whose row it is, so that members of a household can share the rows of one account later.';

-- private.part_path

CREATE FUNCTION private.part_path(p_receipt_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select r.object_path from public.receipts r where r.id = p_receipt_id and r.user_id = (select private.owner_id())
$$;
REVOKE ALL ON FUNCTION private.part_path(p_receipt_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.part_path(p_receipt_id uuid) TO authenticated;
COMMENT ON FUNCTION private.part_path(p_receipt_id uuid) IS 'The photo of a receipt of the calling user that has become part of another one. Runs as its owner, because such receipts are hidden.';

-- private.photo_bytes

CREATE FUNCTION private.photo_bytes(p_metadata jsonb) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $_$
  -- Storage knows the size once it has stored the photo, and before that the announced length of the request.
  select case when size ~ '^[0-9]{1,18}$' then size::bigint end
  from (
    select coalesce(m.metadata ->> 'size', m.metadata ->> 'contentLength') as size
    from (select private.json_argument(p_metadata) as metadata) m
  ) given
$_$;
REVOKE ALL ON FUNCTION private.photo_bytes(p_metadata jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.photo_bytes(p_metadata jsonb) IS 'The size of a photo by the metadata of its row in storage.objects; null if it is unknown.';

-- private.photo_max_bytes

CREATE FUNCTION private.photo_max_bytes() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select b.file_size_limit from storage.buckets b where b.id = 'ocr'
$$;
REVOKE ALL ON FUNCTION private.photo_max_bytes() FROM PUBLIC;
COMMENT ON FUNCTION private.photo_max_bytes() IS 'The largest photo that the bucket accepts.';

-- private.pipeline_figures

CREATE FUNCTION private.pipeline_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with open as materialized (
    select r.status, r.attempts, r.created_at,
      case r.status when 'queued' then r.next_attempt_at else r.lease_until end as due_at
    from public.receipts r
    where r.status in ('queued', 'processing')
  ), ended as materialized (
    select c.labels ->> 'state' as state, c.labels ->> 'attempts' as attempts, c.labels ->> 'code' as code,
      (c.labels ->> 'seconds')::double precision as seconds, sum(c.n) as receipts
    from private.counts c
    where c.metric = 'receipts_ended' and c.at > p_now - interval '24 hours'
    group by 1, 2, 3, 4
    having sum(c.n) > 0
  ), done as (
    select e.seconds, sum(e.receipts) over (order by e.seconds) as up_to, sum(e.receipts) over () as all_receipts
    from ended e where e.seconds is not null
  )
  select 'receipts_open', jsonb_build_object('state', s.state), (select count(*) from open where status = s.state)
  from unnest(array['queued', 'processing']) s (state)
  union all
  select 'oldest_open_receipt_seconds', '{}', coalesce(extract(epoch from p_now - min(created_at)), 0) from open
  union all
  select 'oldest_due_receipt_seconds', '{}', greatest(coalesce(extract(epoch from p_now - min(due_at)), 0), 0) from open
  union all
  select 'receipts_recent', jsonb_build_object('state', r.state, 'attempts', r.attempts), sum(r.receipts)
  from (
    select e.state, e.attempts, e.receipts from ended e
    union all
    select o.status, least(o.attempts, 9)::text, 1 from open o where o.created_at > p_now - interval '24 hours'
  ) r
  group by 2
  union all
  select 'receipts_failed_recent',
    jsonb_build_object('code', code, 'dead_letter', private.is_dead_letter(code)::text), sum(receipts)
  from ended where state = 'failed' group by 2
  union all
  select 'upload_to_done_seconds', jsonb_build_object('quantile', q.quantile::text),
    min(d.seconds) filter (where d.up_to >= q.quantile * d.all_receipts)
  from done d, unnest(array[0.5, 0.95]) q (quantile)
  group by q.quantile
$$;
REVOKE ALL ON FUNCTION private.pipeline_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.pipeline_figures(p_now timestamp with time zone) IS 'Metrics of open receipts, and of receipts uploaded in the last 24 hours, the first hour in part.';

-- private.price

CREATE FUNCTION private.price(p_amount integer, p_discount integer) RETURNS integer
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- A misread amount may be anything.
  select case when p_amount::bigint + p_discount between 0 and 100000000 then p_amount + p_discount end
$$;
REVOKE ALL ON FUNCTION private.price(p_amount integer, p_discount integer) FROM PUBLIC;
COMMENT ON FUNCTION private.price(p_amount integer, p_discount integer) IS 'The price of a lot by the amount and the discount of its line item; null for a refund and an impossible amount.';

-- private.price_change

CREATE FUNCTION private.price_change(p_new private.unit_price, p_old private.unit_price) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
declare
  new_won double precision;
  old_won double precision;
begin
  if p_new.size_unit = p_old.size_unit then
    new_won := p_new.won_per_100;
    old_won := p_old.won_per_100;
  -- A price per kg and one per piece, or per litre, are not comparable.
  elsif not (p_new.is_weighed or p_old.is_weighed) then
    new_won := p_new.won_per_unit;
    old_won := p_old.won_per_unit;
  end if;
  return round(((new_won - old_won) * 100 / nullif(old_won, 0))::numeric, 1);
end
$$;
REVOKE ALL ON FUNCTION private.price_change(p_new private.unit_price, p_old private.unit_price) FROM PUBLIC;
COMMENT ON FUNCTION private.price_change(p_new private.unit_price, p_old private.unit_price) IS 'By how many percent a price has changed: per 100 g or 100 ml if both have a size in that unit, otherwise per piece; null if one of them was weighed, and so has no price per piece.';

-- private.price_of

CREATE FUNCTION private.price_of(p_purchase private.purchase) RETURNS private.unit_price
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  price private.unit_price;
  item_quantity constant numeric := greatest(p_purchase.quantity, 0.001)::numeric; -- of a misread quantity, too
begin
  price.won_per_unit := round(p_purchase.won / item_quantity, 2);
  -- Weighed items state their size as the unit, others per piece.
  select weighed.size is not null, coalesce(weighed.size, piece.size), coalesce(weighed.size_unit, piece.size_unit)
  into price.is_weighed, price.size, price.size_unit
  from private.size_of('1 ' || p_purchase.unit) weighed
  cross join private.size_of(p_purchase.name) piece;
  if price.size is null then
    select s.size, s.size_unit into price.size, price.size_unit
    from public.products p cross join lateral private.size_of(p.quantity_text) s
    where p.gtin14 = p_purchase.gtin14;
  end if;
  price.size := price.size * item_quantity;
  price.won_per_100 := round((p_purchase.won * 100 / price.size)::numeric, 2);
  return price;
end
$$;
REVOKE ALL ON FUNCTION private.price_of(p_purchase private.purchase) FROM PUBLIC;
COMMENT ON FUNCTION private.price_of(p_purchase private.purchase) IS 'What a purchase cost per unit, and per 100 g or 100 ml if its size is known from the unit, the name or the product. size is that of the whole purchase, and is_weighed says that it is its unit.';

-- private.printed_name

CREATE FUNCTION private.printed_name(p_name text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO ''
    AS $$
begin
  -- Printed spacing is unreliable, so all spaces are removed, including those that NFKC leaves. Printed names are
  -- shorter than 200 characters.
  return left(
    regexp_replace(normalize(left(coalesce(p_name, ''), 1000), nfkc), '[\s\u001c-\u001f\u0085\u1680\u2028\u2029]', '', 'g'), 200
  );
end
$$;
REVOKE ALL ON FUNCTION private.printed_name(p_name text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.printed_name(p_name text) TO authenticated;
COMMENT ON FUNCTION private.printed_name(p_name text) IS 'The form of a name that keywords are matched against.';

-- private.product_image

CREATE FUNCTION private.product_image(p_gtin14 text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(
    (select p.image_url from public.products p where p.gtin14 = p_gtin14),
    (select b.image_url from public.products_bulk b where b.gtin14 = p_gtin14)
  )
$$;
REVOKE ALL ON FUNCTION private.product_image(p_gtin14 text) FROM PUBLIC;
COMMENT ON FUNCTION private.product_image(p_gtin14 text) IS 'The image of a product as providers or the loaded index name it: users cannot name one.';

-- private.product_is_settled

CREATE FUNCTION private.product_is_settled(p_gtin14 text, p_now timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select exists (select from public.products where gtin14 = p_gtin14 and (expires_at is null or expires_at > p_now))
    or exists (select from public.product_misses where gtin14 = p_gtin14 and retry_after > p_now)
$$;
REVOKE ALL ON FUNCTION private.product_is_settled(p_gtin14 text, p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.product_is_settled(p_gtin14 text, p_now timestamp with time zone) IS 'Whether a fresh product or a fresh miss is stored, so that providers need not be called.';

-- private.product_name_state

CREATE FUNCTION private.product_name_state(p_gtin14 text) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select jsonb_build_object(
    'gtin14', p_gtin14,
    'users', (select a.name from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = 'users'),
    'receipts', (select a.name from private.agreed_names a where a.gtin14 = p_gtin14 and a.source = 'receipts'),
    'hidden', (
      select coalesce(jsonb_agg(h.name_key order by h.hidden_at), '[]')
      from private.hidden_names h where h.gtin14 = p_gtin14
    )
  )
$$;
REVOKE ALL ON FUNCTION private.product_name_state(p_gtin14 text) FROM PUBLIC;
COMMENT ON FUNCTION private.product_name_state(p_gtin14 text) IS 'The agreed and the hidden names of a product.';

-- private.purchase_day

CREATE FUNCTION private.purchase_day(p_purchased_at timestamp without time zone, p_uploaded_at timestamp with time zone) RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(p_purchased_at, p_uploaded_at at time zone 'Asia/Seoul')::date
$$;
REVOKE ALL ON FUNCTION private.purchase_day(p_purchased_at timestamp without time zone, p_uploaded_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.purchase_day(p_purchased_at timestamp without time zone, p_uploaded_at timestamp with time zone) TO authenticated;
COMMENT ON FUNCTION private.purchase_day(p_purchased_at timestamp without time zone, p_uploaded_at timestamp with time zone) IS 'The day that use-by dates are counted from: the printed day, otherwise the day of the upload in Korea.';

-- private.purchases_of

CREATE FUNCTION private.purchases_of(p_keys text[], p_gtins text[]) RETURNS SETOF private.purchase
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 50
    SET search_path TO ''
    AS $$
  select i.id, r.id, i.name_key, i.gtin14,
    coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul'), r.store_name, i.name, i.quantity,
    i.unit, i.amount::bigint + i.discount
  from public.receipts r
  cross join lateral (
    select i.* from public.receipt_items i
    where i.receipt_id = r.id and (i.name_key = any (p_keys) or i.gtin14 = any (p_gtins)) and i.amount::bigint + i.discount > 0
    offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
  ) i
  where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
    and r.deleted_at is null and r.duplicate_of is null
    and coalesce(i.purchased_on, r.purchased_at, r.created_at at time zone 'Asia/Seoul')::date
      <= (select private.last_day())
$$;
REVOKE ALL ON FUNCTION private.purchases_of(p_keys text[], p_gtins text[]) FROM PUBLIC;
COMMENT ON FUNCTION private.purchases_of(p_keys text[], p_gtins text[]) IS 'What the calling user bought of the products with these names or barcodes.';

-- private.put_lot_back

CREATE FUNCTION private.put_lot_back(p_copy private.deleted_inventory) RETURNS public.inventory
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  lot public.inventory := jsonb_populate_record(null::public.inventory, p_copy.lot);
begin
  -- The line item may have been added again, or deleted.
  update public.receipt_items i set status = 'added'
  where i.id = lot.receipt_item_id and i.status <> 'added'
    and not exists (select from public.inventory other where other.receipt_item_id = i.id);
  if not found then
    lot.receipt_item_id := null;
  end if;
  lot.version := lot.version + 2; -- the deletion was a change, too
  insert into public.inventory select lot.* returning * into lot;
  insert into public.inventory_history (inventory_id, user_id, action, changes, changed_at, reason, share)
  select lot.id, lot.user_id, h.action, h.changes, h.changed_at, h.reason, h.share
  from jsonb_populate_recordset(null::public.inventory_history, p_copy.history) h
  order by h.id;
  delete from private.deleted_inventory d where d.inventory_id = lot.id;
  return lot;
end
$$;
REVOKE ALL ON FUNCTION private.put_lot_back(p_copy private.deleted_inventory) FROM PUBLIC;
COMMENT ON FUNCTION private.put_lot_back(p_copy private.deleted_inventory) IS 'Restores an inventory row and its history from the copy that private.set_lot_aside made.';

-- private.quality_figures

CREATE FUNCTION private.quality_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with spans as (
    select w.span, private.korean_midnight(private.korean_day(p_now) - w.days + 1) as since
    from (values ('7d', 7), ('28d', 28)) w (span, days)
  ), sums as materialized (
    select s.span, c.metric, c.labels, sum(c.n) as n
    from spans s
    join private.counts c on c.at >= s.since and c.metric in (
      'photos', 'photos_reviewed', 'right_items', 'photos_with_three_right_items', 'items', 'reviewed_items'
    )
    group by s.span, c.metric, c.labels
    having sum(c.n) > 0
  )
  select u.metric, u.labels || jsonb_build_object('window', u.span), sum(u.n)
  from (
    select s.span, s.metric, s.labels, s.n from sums s
    union all
    -- Zeros: a share of no photos is not the share of a missing metric.
    select s.span, z.metric, z.labels::jsonb, 0
    from spans s, (
      values ('photos', '{"result": "processed"}'), ('photos', '{"result": "failed"}'), ('photos_reviewed', '{}'),
        ('right_items', '{}'), ('photos_with_three_right_items', '{}')
    ) z (metric, labels)
  ) u
  group by u.span, u.metric, u.labels
$$;
REVOKE ALL ON FUNCTION private.quality_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.quality_figures(p_now timestamp with time zone) IS 'Metrics of photos, line items and users'' reviews, by window of days in Korea.';

-- private.queue_conflicts

CREATE FUNCTION private.queue_conflicts(p_names jsonb) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with added as (
    insert into public.annotation_queue (text_key, item_text, reason, times_seen)
    select n.text_key, n.item_text, 'conflict', n.votes
    from jsonb_to_recordset(private.json_argument(p_names)) as n (text_key text, item_text text, votes integer)
    order by n.text_key
    on conflict (text_key) do nothing
    returning 1
  )
  select count(*)::integer from added
$$;
REVOKE ALL ON FUNCTION private.queue_conflicts(p_names jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.queue_conflicts(p_names jsonb) TO retraining;
COMMENT ON FUNCTION private.queue_conflicts(p_names jsonb) IS 'Queues names for annotators that users may not decide alone, [{text_key, item_text, votes}], each once. Returns the number of new names.';

-- private.queue_receipt

CREATE FUNCTION private.queue_receipt(p_bucket text, p_path text, p_version text, p_bytes bigint, p_since timestamp with time zone DEFAULT now()) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  owner_id constant uuid := split_part(p_path, '/', 1)::uuid;
  refusal text;
  queued_id uuid;
begin
  if exists (
    select from public.receipts r
    where r.bucket = p_bucket and r.object_path = p_path and r.object_version = p_version
  ) then
    return;
  end if;
  -- Taking the quota also locks the user's count, so that receipts of one user get their turns one after another. The
  -- bytes count even if the receipt does not, because they are stored.
  refusal := case
    when not private.take_quota(owner_id, 'stored_bytes', coalesce(p_bytes, 0)) then 'rate_limited'
    when p_bytes > private.photo_max_bytes() then 'photo_too_large'
    when not private.take_quota(owner_id, 'receipts', 1) then 'rate_limited'
  end;
  insert into public.receipts (
    user_id, bucket, object_path, object_version, created_at, queued_at, turn, status, error_code, error_detail
  )
  values (
    owner_id, p_bucket, p_path, p_version, p_since, p_since, private.next_turn(owner_id),
    case when refusal is null then 'queued' else 'failed' end, refusal,
    case refusal
      when 'photo_too_large' then 'The photo exceeds the size limit.'
      when 'rate_limited' then 'The daily limit of photos has been reached.'
    end
  )
  on conflict (bucket, object_path, object_version) do nothing
  returning id into queued_id;
  if queued_id is not null then
    -- The path now holds the newer photo: processing an older receipt would produce the newer line items twice.
    perform private.end_replaced_receipts(p_bucket, p_path, p_version);
    if refusal is null then
      perform private.hint_receipt(queued_id);
    end if;
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.queue_receipt(p_bucket text, p_path text, p_version text, p_bytes bigint, p_since timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.queue_receipt(p_bucket text, p_path text, p_version text, p_bytes bigint, p_since timestamp with time zone) IS 'Queues a receipt for a version of a photo of p_bytes (null if unknown) that was uploaded at p_since. A photo that is too large, or exceeds a daily quota, gets a receipt that has failed with the code photo_too_large or rate_limited: its user sees it, and can retry the latter. Idempotent.';

-- private.quiet_end

CREATE FUNCTION private.quiet_end(p_settings public.reminder_settings, p_after timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select min(e.at)
  from generate_series(0, 1) day
  cross join lateral (
    select ((p_after at time zone p_settings.time_zone)::date + day + p_settings.quiet_until)
      at time zone p_settings.time_zone as at
  ) e
  where e.at > p_after
$$;
REVOKE ALL ON FUNCTION private.quiet_end(p_settings public.reminder_settings, p_after timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.quiet_end(p_settings public.reminder_settings, p_after timestamp with time zone) IS 'When the quiet hours of a user end next.';

-- private.quota_left

CREATE FUNCTION private.quota_left(p_user_id uuid, p_action text) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select greatest(
    0,
    private.daily_limit(p_action) - coalesce(
      (
        select u.used from private.daily_use u
        where u.user_id = p_user_id and u.action = p_action and u.day = private.today()
      ),
      0
    )
  )
$$;
REVOKE ALL ON FUNCTION private.quota_left(p_user_id uuid, p_action text) FROM PUBLIC;
COMMENT ON FUNCTION private.quota_left(p_user_id uuid, p_action text) IS 'What is left of a user''s quota of the day.';

-- private.read_purchases

CREATE FUNCTION private.read_purchases(p_until timestamp with time zone) RETURNS TABLE(user_id uuid, store_key text, purchased_at timestamp without time zone, total integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select r.user_id, private.text_key(coalesce(f.store_name, r.store_name)), coalesce(f.purchased_at, r.purchased_at),
    coalesce(f.total, r.total)
  from public.receipts r
  left join lateral (
    select min(f.offered #>> '{}') filter (where f.field = 'store_name') as store_name,
      min((f.offered #>> '{}')::timestamp) filter (where f.field = 'purchased_at') as purchased_at,
      min((f.offered #>> '{}')::integer) filter (where f.field = 'total') as total
    from public.receipt_feedback f where f.receipt_id = r.id
  ) f on true
  where r.status = 'done' and r.duplicate_of is null and r.created_at <= p_until
    and not private.is_canary(r.object_path)
    and r.user_id in (select v.user_id from public.user_category_feedback v where v.created_at <= p_until)
$$;
REVOKE ALL ON FUNCTION private.read_purchases(p_until timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.read_purchases(p_until timestamp with time zone) IS 'The purchases of users who voted on categories, as read: users may correct store, time and total, and so make one receipt look like several.';

-- private.reading_figures

CREATE FUNCTION private.reading_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select 'reading_names',
    jsonb_build_object(
      'model_version', coalesce(coalesce(i.model_versions, r.model_versions) ->> 'recognition', ''),
      'week', to_char(private.korean_day(r.created_at), 'IYYY-"W"IW'),
      'store', private.store_kind(r.store_name),
      'result', case
        when f.receipt_item_id is null then 'kept'
        -- The line has to contain the name: it may have a number or a price beside it.
        when t.line_text is not null and strpos(private.text_key(t.line_text), private.text_key(i.predicted_name)) > 0
          then 'renamed'
        when t.line_text is not null then 'misread'
        else 'open'
      end
    ), count(*)
  from public.reading_consents c
  join public.receipts r on r.user_id = c.user_id and r.created_at >= greatest(c.given_at, p_now - interval '8 weeks')
  join public.receipt_items i on i.receipt_id = r.id and i.status <> 'pending' and i.predicted_category_id is not null
  left join public.item_feedback f on f.receipt_item_id = i.id and f.field = 'name'
  left join private.reading_samples s on s.receipt_item_id = i.id
  left join private.transcribed_lines t on t.sample_id = s.id
  where r.status = 'done' and r.duplicate_of is null and r.deleted_at is null
  group by 2
$$;
REVOKE ALL ON FUNCTION private.reading_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.reading_figures(p_now timestamp with time zone) IS 'Metrics of how well names are read, on the reviewed line items of consenting users, by release of the recogniser, week and kind of store. kept: the user did not change the name; renamed: annotators read the line as the recogniser did; misread: they read something else; open: they have not read it.';

-- private.reading_tasks

CREATE FUNCTION private.reading_tasks(p_limit integer) RETURNS TABLE(sample_id uuid, png bytea, line_text text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.id, c.png, s.line_text
  from private.reading_samples s
  join private.reading_crops c on c.sample_id = s.id
  where s.pushed_at is null and s.line_text is not null and private.has_reading_consent(s.user_id)
  order by s.created_at
  limit p_limit
$$;
REVOKE ALL ON FUNCTION private.reading_tasks(p_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.reading_tasks(p_limit integer) TO annotation;
COMMENT ON FUNCTION private.reading_tasks(p_limit integer) IS 'Crops that annotators have not been asked to transcribe, without user and receipt.';

-- private.recategorise_lot

CREATE FUNCTION private.recategorise_lot(p_item public.receipt_items, p_category_id smallint, p_storage text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  lot public.inventory;
begin
  select * into lot from public.inventory v
  where v.receipt_item_id = p_item.id and v.category_id = p_item.category_id
  for update;
  if not found then
    return;
  end if;
  lot.storage := case when lot.storage is not distinct from p_item.storage then p_storage else lot.storage end;
  lot.category_id := p_category_id;
  if lot.expiry_basis = 'purchase' or lot.expires_on is null and p_item.expires_on is null then
    lot := private.estimated(lot);
  end if;
  update public.inventory v
  set category_id = lot.category_id, storage = lot.storage, expires_on = lot.expires_on,
      expiry_basis = lot.expiry_basis, expiry_source = lot.expiry_source
  where v.id = lot.id;
end
$$;
REVOKE ALL ON FUNCTION private.recategorise_lot(p_item public.receipt_items, p_category_id smallint, p_storage text) FROM PUBLIC;
COMMENT ON FUNCTION private.recategorise_lot(p_item public.receipt_items, p_category_id smallint, p_storage text) IS 'Applies a corrected category to the inventory row of a line item, without overwriting what the user changed there. p_item is the line item before the correction, p_storage the usual storage for the new category.';

-- private.receipts_to_end

CREATE FUNCTION private.receipts_to_end(p_limit integer, p_retention interval) RETURNS TABLE(id uuid, bucket text, object_path text, object_version text)
    LANGUAGE sql STABLE ROWS 100
    SET search_path TO ''
    AS $$
  -- Each of them by its own index.
  (
    select r.id, r.bucket, r.object_path, r.object_version from public.receipts r
    where r.photo_deleted_at is null and r.created_at < now() - p_retention and not private.deletion_waits(r.id)
    order by r.created_at
    limit p_limit
  )
  union
  (
    select r.id, r.bucket, r.object_path, r.object_version from public.receipts r
    where r.photo_deleted_at is null and r.deleted_at < now() - private.undo_time()
      and r.joined_into is null and not private.deletion_waits(r.id)
    order by r.deleted_at
    limit p_limit
  )
  limit p_limit
$$;
REVOKE ALL ON FUNCTION private.receipts_to_end(p_limit integer, p_retention interval) FROM PUBLIC;
COMMENT ON FUNCTION private.receipts_to_end(p_limit integer, p_retention interval) IS 'Receipts whose photos are due to be deleted: older than the retention, or deleted too long ago to restore them.';

-- private.refuse

CREATE FUNCTION private.refuse(p_status integer, p_code text, p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- PostgREST takes the response status from an SQLSTATE of the form PTxxx.
  raise exception using errcode = 'PT' || p_status, message = p_message, hint = p_code;
end
$$;
REVOKE ALL ON FUNCTION private.refuse(p_status integer, p_code text, p_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.refuse(p_status integer, p_code text, p_message text) TO authenticated;
COMMENT ON FUNCTION private.refuse(p_status integer, p_code text, p_message text) IS 'Raises an error with an HTTP status, a message for people and, as its hint, a code for programs.';

-- private.refuse_until_tomorrow

CREATE FUNCTION private.refuse_until_tomorrow(p_message text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise exception using
    errcode = 'PT429', message = p_message, hint = 'rate_limited', detail = private.seconds_until_tomorrow()::text;
end
$$;
REVOKE ALL ON FUNCTION private.refuse_until_tomorrow(p_message text) FROM PUBLIC;
COMMENT ON FUNCTION private.refuse_until_tomorrow(p_message text) IS 'Raises rate_limited. The error detail is the number of seconds until daily quotas are renewed.';

-- private.request_products

CREATE FUNCTION private.request_products(p_receipt_id uuid) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  -- The sweep calls providers for products that are unknown or expired.
  insert into public.product_lookups (gtin14, requested_at, next_attempt_at)
  select distinct i.gtin14, now(), now()
  from public.receipt_items i
  where i.receipt_id = p_receipt_id and i.gtin14 is not null and not private.is_publication(i.gtin14)
    and not private.product_is_settled(i.gtin14, now())
    and not exists (select from public.products_bulk b where b.gtin14 = i.gtin14)
  order by i.gtin14
  on conflict (gtin14) do nothing
$$;
REVOKE ALL ON FUNCTION private.request_products(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.request_products(p_receipt_id uuid) IS 'Queues lookups of the barcodes on a receipt.';

-- private.require_user

CREATE FUNCTION private.require_user() RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not exists (select from auth.users u where u.id = (select auth.uid())) then
    perform private.refuse(401, 'unauthorized', 'The user no longer exists.');
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.require_user() FROM PUBLIC;
COMMENT ON FUNCTION private.require_user() IS 'Raises unauthorized if the calling user has been deleted: an access token stays valid for up to an hour after that.';

-- private.reread_obstacle

CREATE FUNCTION private.reread_obstacle(p_receipt_id uuid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select case
    when r.deleted_at is not null then 'receipt_deleted'
    when r.photo_deleted_at is not null then 'photo_missing'
    when r.status <> 'done' then 'not_done'
    -- Another photo is in its place, and the event is still to be applied.
    when not exists (
      select from storage.objects o
      where o.bucket_id = r.bucket and o.name = r.object_path and coalesce(o.version, o.id::text) = r.object_version
    ) then 'photo_missing'
    when private.is_reviewed(r.id) then 'reviewed'
    -- Its items are from several photos.
    when exists (select from public.receipts p where p.joined_into = r.id) then 'reviewed'
  end
  from public.receipts r where r.id = p_receipt_id
$$;
REVOKE ALL ON FUNCTION private.reread_obstacle(p_receipt_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.reread_obstacle(p_receipt_id uuid) IS 'Why a receipt is not read again, otherwise null.';

-- private.restore_receipt_item

CREATE FUNCTION private.restore_receipt_item(p_receipt_item_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.receipt_items i
  set status = 'pending'
  from public.receipts r
  where i.id = p_receipt_item_id and i.status = 'dismissed' and r.id = i.receipt_id and r.user_id = (select private.owner_id());
  delete from public.item_feedback f
  where f.receipt_item_id = p_receipt_item_id and f.field = 'dismissed' and f.user_id = (select private.owner_id())
$$;
REVOKE ALL ON FUNCTION private.restore_receipt_item(p_receipt_item_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.restore_receipt_item(p_receipt_item_id uuid) TO authenticated;
COMMENT ON FUNCTION private.restore_receipt_item(p_receipt_item_id uuid) IS 'Makes a dismissed line item of the calling user pending again and deletes the feedback on its dismissal.';

-- private.revert_product_name

CREATE FUNCTION private.revert_product_name(p_gtin14 text, p_history_id bigint DEFAULT NULL::bigint) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  entry private.agreed_name_history;
begin
  perform private.lock_product_name(p_gtin14);
  if p_history_id is null and exists (
    select from private.agreed_names a where a.gtin14 = p_gtin14 and a.is_pinned and a.name is not null
  ) then
    return private.product_name_state(p_gtin14); -- the call is repeated: it must not revert the name that it restored
  end if;
  select h.* into entry
  from private.agreed_name_history h
  where h.gtin14 = p_gtin14 and h.name is not null and (p_history_id is null or h.id = p_history_id)
    and (p_history_id is not null or not exists (
      select from private.agreed_names a where a.gtin14 = p_gtin14 and a.name_key = h.name_key
    ))
    and not exists (select from private.hidden_names n where n.gtin14 = p_gtin14 and n.name_key = h.name_key)
  order by h.id desc
  limit 1;
  if p_history_id is not null and entry.id is null then
    return private.product_name_state(p_gtin14); -- of another product, or hidden: nothing takes the name's place
  end if;
  perform private.hide_product_name(p_gtin14, a.name, 'reverted')
  from private.agreed_names a
  where a.gtin14 = p_gtin14 and a.name is not null and a.name_key is distinct from entry.name_key;
  if entry.id is not null then
    update private.agreed_names a
    set name = entry.name, name_key = entry.name_key, category_id = entry.category_id,
        quantity_text = entry.quantity_text, accounts = entry.accounts, is_pinned = true, decided_at = now(),
        agreed_at = now()
    where a.gtin14 = p_gtin14 and a.source = entry.source;
  end if;
  return private.product_name_state(p_gtin14);
end
$$;
REVOKE ALL ON FUNCTION private.revert_product_name(p_gtin14 text, p_history_id bigint) FROM PUBLIC;
COMMENT ON FUNCTION private.revert_product_name(p_gtin14 text, p_history_id bigint) IS 'For operators: hides the agreed name of a product and restores the one before it, or the given entry of private.agreed_name_history, whatever users vote for. Without an earlier name, none applies. Idempotent: a restored name is reverted only by giving an entry. An entry that is not one of this product, or whose name is hidden, changes nothing. Returns what applies now.';

-- private.review_item

CREATE FUNCTION private.review_item(p_receipt_item_id uuid) RETURNS jsonb
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select jsonb_build_object(
      'id', i.id,
      'line_no', i.line_no,
      'status', i.status,
      'raw_text', i.raw_text,
      'name', i.name,
      'quantity', i.quantity,
      'unit', i.unit,
      'unit_price', i.unit_price,
      'amount', i.amount,
      'discount', i.discount,
      'barcode', i.barcode,
      'box', i.box,
      'object_path', case when i.photo_of is null then r.object_path else private.part_path(i.photo_of) end,
      'purchased_on', i.purchased_on,
      'category', category.code,
      'is_food', category.is_food,
      'uncertain', i.uncertain,
      'uncertain_fields', i.uncertain_fields,
      'why', jsonb_build_object('decided_by', i.decided_by, 'model_version', coalesce(i.model_versions, r.model_versions) ->> 'category'),
      'prediction', jsonb_build_object('name', nullif(i.predicted_name, ''), 'category', prediction.code, 'confidence', i.confidence),
      'alternatives', (
        select coalesce(
          jsonb_agg(
            jsonb_build_object('category', c.code, 'confidence', (other.value ->> 'confidence')::real)
            order by other.place
          ),
          '[]'
        )
        from jsonb_array_elements(i.alternatives) with ordinality as other (value, place)
        join public.categories c on c.code = other.value ->> 'code'
      ),
      'suggestion', jsonb_build_object(
        'storage', i.storage,
        'expires_on', i.expires_on,
        'min_days', estimate.min_days,
        'max_days', estimate.max_days,
        'basis', estimate.basis,
        'source', estimate.source
      ),
      'offer', private.offered_product(i),
      'inventory_id', v.id
    )
    from public.receipt_items i
    join public.receipts r on r.id = i.receipt_id
    join public.categories category on category.id = i.category_id
    left join public.categories prediction on prediction.id = i.predicted_category_id
    left join public.inventory v on v.receipt_item_id = i.id
    cross join lateral private.shelf_life(i.name, i.category_id, i.storage) estimate
    where i.id = p_receipt_item_id
  );
end
$$;
REVOKE ALL ON FUNCTION private.review_item(p_receipt_item_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.review_item(p_receipt_item_id uuid) TO authenticated;
COMMENT ON FUNCTION private.review_item(p_receipt_item_id uuid) IS 'A line item as the review shows it; null if row level security hides it from the user.';

-- private.rule_for

CREATE FUNCTION private.rule_for(p_name text, p_category text, p_storage text) RETURNS TABLE(category_id smallint, estimate private.shelf_life)
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
declare
  category public.categories;
begin
  if length(p_name) > 200 then
    perform private.refuse(422, 'invalid_item', 'name must have at most 200 characters.');
  end if;
  select * into category from public.categories c where c.code = p_category;
  if not found then
    perform private.refuse(422, 'unknown_category', 'Unknown category.');
  elsif p_storage not in ('pantry', 'fridge', 'freezer') then
    perform private.refuse(422, 'unknown_storage', 'storage must be pantry, fridge or freezer.');
  end if;
  return query select category.id, private.shelf_life(p_name, category.id, p_storage);
end
$$;
REVOKE ALL ON FUNCTION private.rule_for(p_name text, p_category text, p_storage text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.rule_for(p_name text, p_category text, p_storage text) TO authenticated;
COMMENT ON FUNCTION private.rule_for(p_name text, p_category text, p_storage text) IS 'The id of a category by its code, and the shelf life of such a product at p_storage or at its usual storage. Errors by hint: invalid_item, unknown_category, unknown_storage.';

-- private.seconds_until_tomorrow

CREATE FUNCTION private.seconds_until_tomorrow() RETURNS integer
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select ceil(extract(epoch from (private.today() + 1)::timestamp at time zone 'Asia/Seoul' - now()))::integer
$$;
REVOKE ALL ON FUNCTION private.seconds_until_tomorrow() FROM PUBLIC;
COMMENT ON FUNCTION private.seconds_until_tomorrow() IS 'Seconds until midnight in Korea, when daily quotas are renewed.';

-- private.service_figures

CREATE FUNCTION private.service_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- Includes zeros: a counter that appears only with its first error would hide that error from rate().
  select 'api_answers', jsonb_build_object('function', f.function, 'class', c.class),
    coalesce((
      select sum(a.answers) from private.api_answers a
      where a.function = f.function and a.status / 100 = left(c.class, 1)::integer
    ), 0)
  from (select distinct a.function from private.api_answers a) f,
    unnest(array['2xx', '4xx', '5xx']) c (class)
  union all
  select 'provider_outcomes', jsonb_build_object('provider', p.provider, 'outcome', o.outcome),
    coalesce((
      select sum(c.calls) from private.provider_outcomes c where c.provider = p.provider and c.outcome = o.outcome
    ), 0)
  from public.provider_states p,
    unnest(array['hit', 'miss', 'closed', 'quota', 'auth', 'transient', 'invalid', 'skipped']) o (outcome)
  union all
  select 'provider_held_back',
    jsonb_build_object('provider', s.provider, 'reason', case when now.is_held then s.reason else 'none' end),
    now.is_held::integer
  from public.provider_states s cross join lateral (select coalesce(s.refuse_until > p_now, false) as is_held) now
  union all
  select 'provider_calls', jsonb_build_object('provider', q.provider, 'period', q.period), max(q.used)
  from public.provider_quota q
  where q.window_start <= p_now and q.window_start > p_now - ('1 ' || q.period)::interval
  group by 2
  union all
  select 'barcode_lookups_waiting', '{}', count(*) from public.product_lookups
  union all
  select 'oldest_barcode_lookup_seconds', '{}',
    greatest(coalesce(extract(epoch from p_now - min(l.next_attempt_at)), 0), 0)
  from public.product_lookups l
  union all
  select 'product_index_age_seconds', jsonb_build_object('source', l.source), extract(epoch from p_now - l.finished_at)
  from public.product_bulk_loads l where l.finished_at is not null
  union all
  select 'product_index_set_aside', jsonb_build_object('source', l.source), l.set_aside
  from public.product_bulk_loads l
  union all
  select 'product_names_reported', '{}', (select count(distinct r.gtin14) from private.name_reports r)
$$;
REVOKE ALL ON FUNCTION private.service_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.service_figures(p_now timestamp with time zone) IS 'Metrics of the functions'' responses and of product providers.';

-- private.set_deletion_aside

CREATE FUNCTION private.set_deletion_aside(p_receipt_id uuid, p_error text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  raise log 'the deletion of a receipt was set aside: %', p_error;
  insert into private.deletions_set_aside as a (receipt_id, error, next_attempt_at)
  values (p_receipt_id, p_error, now() + interval '1 hour')
  on conflict (receipt_id) do update
  set attempts = a.attempts + 1, error = excluded.error,
      next_attempt_at = now() + make_interval(hours => least(2 ^ least(a.attempts, 5), 24)::integer);
end
$$;
REVOKE ALL ON FUNCTION private.set_deletion_aside(p_receipt_id uuid, p_error text) FROM PUBLIC;
COMMENT ON FUNCTION private.set_deletion_aside(p_receipt_id uuid, p_error text) IS 'Notes that the deletion of a receipt failed. It is tried again after an hour, later after up to a day.';

-- private.set_lot_aside

CREATE FUNCTION private.set_lot_aside(p_lot public.inventory, p_deleted_at timestamp with time zone DEFAULT now()) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  insert into private.deleted_inventory (inventory_id, user_id, lot, history, deleted_at)
  select p_lot.id, p_lot.user_id, to_jsonb(p_lot), coalesce(jsonb_agg(to_jsonb(h) order by h.id), '[]'), p_deleted_at
  from (
    select * from public.inventory_history latest where latest.inventory_id = p_lot.id order by latest.id desc limit 100
  ) h;
  delete from private.deleted_inventory d
  where d.user_id = p_lot.user_id and d.inventory_id in (
    select oldest.inventory_id from private.deleted_inventory oldest
    where oldest.user_id = p_lot.user_id
    order by oldest.deleted_at desc, oldest.inventory_id
    offset 1000
  );
  delete from public.inventory v where v.id = p_lot.id;
  -- Not pending: it would wait for review again.
  update public.receipt_items i set status = 'dismissed' where i.id = p_lot.receipt_item_id and i.status = 'added';
end
$$;
REVOKE ALL ON FUNCTION private.set_lot_aside(p_lot public.inventory, p_deleted_at timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.set_lot_aside(p_lot public.inventory, p_deleted_at timestamp with time zone) IS 'Deletes an inventory row and keeps a copy of it. The latest 1000 copies of a user are kept.';

-- private.setting

CREATE FUNCTION private.setting(p_name text) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  setting_value text;
begin
  if to_regclass('vault.decrypted_secrets') is not null then
    execute 'select decrypted_secret from vault.decrypted_secrets where name = $1' into setting_value using p_name;
  end if;
  if setting_value is null then
    select s.value into setting_value from private.settings s where s.name = p_name;
  end if;
  return setting_value;
end
$_$;
REVOKE ALL ON FUNCTION private.setting(p_name text) FROM PUBLIC;
COMMENT ON FUNCTION private.setting(p_name text) IS 'The value of a setting; null if it is not set.';

-- private.settle_provider_calls

CREATE FUNCTION private.settle_provider_calls(p_reports jsonb, p_now timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  report record;
begin
  for report in
    select * from jsonb_to_recordset(p_reports) as r (
      provider text, outcome text, unused integer, windows jsonb, healthy boolean, threshold integer,
      pause_seconds double precision, refuse_until timestamptz, reason text
    )
    order by provider
  loop
    update public.provider_states s
    set busy_until = null,
        failures = case report.healthy when true then 0 when false then s.failures + 1 else s.failures end,
        refuse_until = case
          when report.refuse_until is not null then report.refuse_until
          when report.healthy is null then s.refuse_until -- what another call was told still holds
          when not report.healthy and s.failures + 1 >= report.threshold
            then p_now + make_interval(secs => least(
              600, report.pause_seconds * 2 ^ least(s.failures + 1 - report.threshold, 10)
            ))
        end,
        reason = case
          when report.refuse_until is not null then report.reason
          when report.healthy is null then s.reason
          when not report.healthy and s.failures + 1 >= report.threshold then 'breaker'
        end
    where s.provider = report.provider;
    update public.provider_quota q
    set used = greatest(0, q.used - report.unused)
    from jsonb_to_recordset(report.windows) as w (period text, starts timestamptz)
    where q.provider = report.provider and q.period = w.period and q.window_start = w.starts;
    insert into private.provider_outcomes as o (day, provider, outcome, calls)
    select private.korean_day(p_now), report.provider, report.outcome, 1
    where report.outcome is not null
    on conflict (provider, outcome, day) do update set calls = o.calls + 1;
  end loop;
end
$$;
REVOKE ALL ON FUNCTION private.settle_provider_calls(p_reports jsonb, p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.settle_provider_calls(p_reports jsonb, p_now timestamp with time zone) IS 'Settles reserved calls: counts each outcome, returns unused calls to the quota, opens the breaker after consecutive failures, and pauses a provider until the time it reported. healthy is null if the call says nothing about the provider''s health.';

-- private.settle_receipt

CREATE FUNCTION private.settle_receipt(p_receipt_id uuid, p_warnings text[], p_fields text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE sql
    SET search_path TO ''
    AS $$
  update public.receipts r
  set warnings = (
        select coalesce(jsonb_agg(w.warning order by w.place), '[]')
        from jsonb_array_elements(r.warnings) with ordinality w (warning, place)
        where w.warning #>> '{}' <> all (p_warnings || case when s.adds_up then '{totals_mismatch}' else '{}'::text[] end)
      ),
      uncertain_fields = private.unsettled(
        r.uncertain_fields, p_fields || case when s.adds_up then '{total}' else '{}'::text[] end
      )
  from (
    select coalesce(sum(coalesce(i.amount, 0)::bigint + i.discount) = (
      select t.total from public.receipts t where t.id = p_receipt_id
    ), false) as adds_up
    from public.receipt_items i where i.receipt_id = p_receipt_id
  ) s
  where r.id = p_receipt_id
$$;
REVOKE ALL ON FUNCTION private.settle_receipt(p_receipt_id uuid, p_warnings text[], p_fields text[]) FROM PUBLIC;
COMMENT ON FUNCTION private.settle_receipt(p_receipt_id uuid, p_warnings text[], p_fields text[]) IS 'Removes warnings and uncertain fields that a correction has settled. If the items now add up to the total, both are right.';

-- private.shelf_life

CREATE FUNCTION private.shelf_life(p_name text, p_category_id smallint, p_storage text DEFAULT NULL::text) RETURNS private.shelf_life
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  printed constant text := private.printed_name(p_name);
  rule public.shelf_life_rules;
  usual public.shelf_life_rules; -- the first rule, for the usual storage
  match public.shelf_life_rules; -- the first rule for the requested storage
  printed_storage text;
  target_storage text;
  is_colder boolean;
begin
  -- The name itself may state the storage, such as 냉동 (frozen).
  printed_storage := case
    when strpos(printed, '냉동') > 0 then 'freezer'
    when strpos(printed, '냉장') > 0 then 'fridge'
    when strpos(printed, '상온') > 0 or strpos(printed, '실온') > 0 then 'pantry'
  end;
  target_storage := coalesce(p_storage, printed_storage);

  for rule in
    select r.*
    from private.shelf_life_keys(p_name, p_category_id) k
    join public.shelf_life_rules r on r.category_id = p_category_id and r.keyword is not distinct from k.keyword
    where r.basis = 'purchase'
    order by k.rank, r.sort
  loop
    if usual.id is null then
      usual := rule;
    end if;
    exit when target_storage is null;
    if rule.storage = target_storage then
      match := rule;
      exit;
    end if;
  end loop;
  if usual.storage is null then
    return (null, usual.basis, null, null, usual.source)::private.shelf_life;
  end if;

  if usual.source = 'not_applicable' then
    return (
      coalesce(p_storage, match.storage, usual.storage), usual.basis, null, null, usual.source
    )::private.shelf_life;
  end if;
  if match.id is not null and match.keyword is distinct from usual.keyword
    and target_storage is distinct from printed_storage
  then
    -- A rule of the category replaces the missing rule of the keyword, within the keyword's own limits: food never
    -- keeps shorter where it is colder, nor longer where it is warmer.
    is_colder := array_position(array['pantry', 'fridge', 'freezer'], target_storage)
      > array_position(array['pantry', 'fridge', 'freezer'], usual.storage);
    if is_colder and coalesce(match.min_days < usual.min_days, true) then
      return (target_storage, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
    elsif not is_colder and coalesce(match.min_days > usual.min_days, true) then
      match := null;
    end if;
  end if;
  if match.id is not null then
    return (match.storage, match.basis, match.min_days, match.max_days, match.source)::private.shelf_life;
  elsif p_storage is not null then
    return (p_storage, 'purchase', null, null, 'none')::private.shelf_life;
  end if;
  return (usual.storage, usual.basis, usual.min_days, usual.max_days, usual.source)::private.shelf_life;
end
$$;
REVOKE ALL ON FUNCTION private.shelf_life(p_name text, p_category_id smallint, p_storage text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.shelf_life(p_name text, p_category_id smallint, p_storage text) TO authenticated;
COMMENT ON FUNCTION private.shelf_life(p_name text, p_category_id smallint, p_storage text) IS 'Where to keep a product and for how many days after purchase, or how many days it keeps at p_storage. The days are null with the source not_applicable if the product needs no use-by date, and with the source none if no rule matches.';

-- private.shelf_life_after

CREATE FUNCTION private.shelf_life_after(p_name text, p_category_id smallint, p_basis text, p_storage text, p_elsewhere boolean) RETURNS private.shelf_life
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select (r.storage, r.basis, r.min_days, r.max_days, r.source)::private.shelf_life
  from private.shelf_life_keys(p_name, p_category_id) k
  join public.shelf_life_rules r on r.category_id = p_category_id and r.keyword is not distinct from k.keyword
  where r.basis = p_basis and (p_elsewhere or r.storage = p_storage)
    -- A product without a use-by date, such as salt, gets none from a rule of its whole category either.
    and not exists (
      select
      from private.shelf_life_keys(p_name, p_category_id) nearer
      join public.shelf_life_rules timeless
        on timeless.category_id = p_category_id and timeless.keyword is not distinct from nearer.keyword
      where nearer.rank < k.rank and timeless.source = 'not_applicable'
    )
  order by k.rank, (r.storage = p_storage) desc, r.sort
  limit 1
$$;
REVOKE ALL ON FUNCTION private.shelf_life_after(p_name text, p_category_id smallint, p_basis text, p_storage text, p_elsewhere boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.shelf_life_after(p_name text, p_category_id smallint, p_basis text, p_storage text, p_elsewhere boolean) TO authenticated;
COMMENT ON FUNCTION private.shelf_life_after(p_name text, p_category_id smallint, p_basis text, p_storage text, p_elsewhere boolean) IS 'How long a product keeps once it is opened or thawed (p_basis) at p_storage or, with p_elsewhere, at the storage that such food is usually moved to. Null if no rule matches.';

-- private.shelf_life_keys

CREATE FUNCTION private.shelf_life_keys(p_name text, p_category_id smallint) RETURNS TABLE(keyword text, rank bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET plan_cache_mode TO 'force_generic_plan'
    AS $$
#variable_conflict use_column
declare
  printed constant text := private.printed_name(p_name);
begin
  -- By the end of the last match, then by length.
  return query
    select k.keyword, -max(1000 * (place + k.width) + k.width)::bigint
    from (
      select distinct r.keyword, length(r.keyword) as width
      from public.shelf_life_rules r
      where r.category_id = p_category_id and strpos(printed, r.keyword) > 0
    ) k, generate_series(1, length(printed)) place
    where substr(printed, place, k.width) = k.keyword
      and not (k.width = 1 and substr(printed, place + 1, 1) collate "C" between '가' and '힣')
      -- No longer word hides it: none is found in the part of the name in which such a word would cover the keyword.
      and not exists (
        select from private.not_keywords n
        where length(n.word) > k.width
          and strpos(substr(printed, place + k.width - length(n.word), 2 * length(n.word) - k.width), n.word) > 0
      )
    group by k.keyword;
  keyword := null;
  rank := 0;
  return next;
end
$$;
REVOKE ALL ON FUNCTION private.shelf_life_keys(p_name text, p_category_id smallint) FROM PUBLIC;
GRANT ALL ON FUNCTION private.shelf_life_keys(p_name text, p_category_id smallint) TO authenticated;
COMMENT ON FUNCTION private.shelf_life_keys(p_name text, p_category_id smallint) IS 'The keywords of a category that a name contains, in order of precedence, then null for the category itself. Korean compounds end in their head noun, so the keyword that ends last takes precedence, then the longest. A keyword of one syllable matches only at the end of a run of Hangul: 돌김 is 김, 김치 is not.';

-- private.size_of

CREATE FUNCTION private.size_of(p_text text, OUT size numeric, OUT size_unit text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE STRICT
    SET search_path TO ''
    AS $_$
declare
  units constant text := '(킬로그램|킬로|키로|그램|밀리리터|리터|[km]?g|[mc]?l)(?![a-wyz]|x(?! *[0-9]))';
  counts text := '(?:개입|스틱|[개입팩봉캔병포])';
  -- 30포 and 5입세트, but not 2포켓, 3개월 or 3포기.
  ending constant text := '(?:$|[^가-힣]|[입지씩망팩통]|들이|[세셋]트|묶음|모음|번들|멀티|기획|구성|행사|할인|특가|한정|증정|선물'
    '|포장|박스|상자)';
  name text;
  parts text[];
  behind text;
  pieces text;
begin
  name := translate(lower(normalize(left(p_text, 300), nfkc)), '×✕', 'xx');
  name := regexp_replace(name, '([0-9]),(?=[0-9]{3}(?![0-9]))', '\1', 'g'); -- 1,500 g
  if name !~ '[0-9]' then
    return;
  end if;
  parts := regexp_match(
    name,
    '(?<![0-9.])(?:([0-9]{1,3}) *' || counts || '? *[x*] *)?([0-9]{1,6}(?:[.][0-9]{1,3})?) *' || units || '( *당)?(.*)'
  );
  if parts is null or parts[3] = 'mg' or parts[4] is not null then
    return; -- without a size, or with the price per 100 g
  end if;
  -- A count belongs to the size before it: 300g(10g*30스틱) is 300 g, and 2팩 300g is 300 g.
  behind := regexp_replace(parts[5], '[0-9.]+ *' || units || '.*', '');
  size := parts[2]::numeric * case
    when parts[3] in ('kg', '킬로그램', '킬로', '키로', 'l', '리터') then 1000
    when parts[3] = 'cl' then 10
    else 1
  end;
  -- No stick holds more than 100 g: 1.2kg(100스틱) is 1.2 kg.
  counts := case when size > 100 then replace(counts, '스틱|', '') else counts end;
  pieces := coalesce(
    (regexp_match(behind, '^ *[x*] *([0-9]{1,3})(?![0-9])'))[1],
    parts[1],
    (regexp_match(behind, '(?<![0-9])([0-9]{1,3}) *' || counts || ending))[1]
  );
  size := size * coalesce(pieces, '1')::numeric;
  size_unit := case when parts[3] in ('ml', '밀리리터', 'cl', 'l', '리터') then 'ml' else 'g' end;
  if not size > 0 then
    size := null;
    size_unit := null;
  end if;
end
$_$;
REVOKE ALL ON FUNCTION private.size_of(p_text text, OUT size numeric, OUT size_unit text) FROM PUBLIC;
COMMENT ON FUNCTION private.size_of(p_text text, OUT size numeric, OUT size_unit text) IS 'The size that a name or a unit states, in g or ml: 1L is 1000 ml, 190ml*6 and 190ml 6입 are 1140 ml, but 6입 190ml is 190 ml. Null without one, and for prices per 100 g.';

-- private.spending_since

CREATE FUNCTION private.spending_since(p_since date) RETURNS TABLE(month date, receipt_id uuid, store_key text, store_name text, won bigint)
    LANGUAGE sql STABLE SECURITY DEFINER ROWS 100
    SET search_path TO ''
    AS $$
  select date_trunc('month', p.bought_at)::date, r.id, r.store_key, r.store_name, p.won
  from public.receipts r
  left join lateral (
    select array_agg(i.purchased_on) as days, array_agg(coalesce(i.amount, 0)::bigint + i.discount) as amounts,
      sum(coalesce(i.amount, 0)::bigint + i.discount) as won
    from public.receipt_items i where i.receipt_id = r.id and i.purchased_on is not null
    offset 0 -- receipt by receipt: the planner underestimates it, and would read the items of all users
  ) ordered on true
  cross join lateral (
    select o.day::timestamp as bought_at, o.won from unnest(ordered.days, ordered.amounts) o (day, won)
    union all
    select coalesce(r.purchased_at, r.created_at at time zone 'Asia/Seoul'), rest.won
    from (
      select coalesce(r.total, (
        select sum(coalesce(i.amount, 0)::bigint + i.discount) from public.receipt_items i where i.receipt_id = r.id
      ), 0) - coalesce(ordered.won, 0) as won
    ) rest
    where rest.won <> 0 or ordered.days is null
  ) p
  where r.user_id = (select private.owner_id()) and r.status = 'done' and r.currency = 'KRW'
    and r.deleted_at is null and r.duplicate_of is null
    and p.bought_at >= p_since and p.bought_at::date <= (select private.last_day())
$$;
REVOKE ALL ON FUNCTION private.spending_since(p_since date) FROM PUBLIC;
COMMENT ON FUNCTION private.spending_since(p_since date) IS 'What the calling user spent on each receipt since that day: its total, or the sum of its items. Items of an order list count on the day of their order; what its total has beyond them, such as a delivery fee, on that of the list.';

-- private.store_bulk_rows

CREATE FUNCTION private.store_bulk_rows(p_source text, p_rows jsonb, p_now timestamp with time zone) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  stored_rows integer;
begin
  insert into public.products_bulk (
    gtin14, name, maker, kind, category_id, quantity_text, image_url, source, source_payload, loaded_at
  )
  select distinct on (r.gtin14)
    r.gtin14, r.name, r.maker, r.kind, c.id, r.quantity_text, r.image_url, p_source, r.payload, p_now
  from jsonb_to_recordset(p_rows) as r (
    gtin14 text, name text, maker text, kind text, category text, quantity_text text, image_url text, payload jsonb
  )
  left join public.categories c on c.code = r.category
  on conflict (gtin14) do update
  set name = excluded.name, maker = excluded.maker, kind = excluded.kind, category_id = excluded.category_id,
      quantity_text = excluded.quantity_text, image_url = excluded.image_url, source = excluded.source,
      source_payload = excluded.source_payload, loaded_at = excluded.loaded_at;
  get diagnostics stored_rows = row_count;
  return stored_rows;
end
$$;
REVOKE ALL ON FUNCTION private.store_bulk_rows(p_source text, p_rows jsonb, p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.store_bulk_rows(p_source text, p_rows jsonb, p_now timestamp with time zone) IS 'Stores rows of a published data set and returns their number.';

-- private.store_kind

CREATE FUNCTION private.store_kind(p_store_name text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- The names of ocr_service/parsing/stores.py; those of two letters are too common inside other words.
  select case
    when s.name ~ any ('{이마트24, emart24, gs25, 세븐일레븐, 7-eleven, 미니스톱, ^씨유, ^cu}'::text[]) then 'convenience'
    when s.name ~ any ('{^쿠팡, 마켓컬리, ^컬리, ssg, 오아시스마켓, 네이버, 11번가}'::text[]) then 'online'
    when s.name ~ any ('{
      이마트에브리데이, 이마트, 트레이더스, 노브랜드, 롯데마트, 롯데슈퍼, 롯데백화점, 빅마켓, 홈플러스익스프레스, 홈플러스, 하나로마트, 하나로클럽, 코스트코,
      메가마트, 탑마트, 킴스클럽, gs더프레시, gs슈퍼마켓, 신세계백화점, 현대백화점, 초록마을, 한살림, ^올가, 다이소, ^농협, ^축협, ^수협, 파리바게뜨,
      뚜레쥬르, 스타벅스, 배스킨라빈스
    }'::text[]) then 'chain'
    when s.name = '' then 'unknown'
    else 'local'
  end
  from (select private.text_key(p_store_name) as name) s
$$;
REVOKE ALL ON FUNCTION private.store_kind(p_store_name text) FROM PUBLIC;
COMMENT ON FUNCTION private.store_kind(p_store_name text) IS 'The kind of a store by its name, for statistics.';

-- private.take_given_date

CREATE FUNCTION private.take_given_date() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  -- Functions that estimate set expiry_basis when they insert, and update as their owner, not as the service's role.
  if tg_op = 'INSERT' and new.expires_on is not null and new.expiry_basis is null
    or tg_op = 'UPDATE' and current_user = 'service_role' and new.expires_on is distinct from old.expires_on
  then
    new.package_expires_on := new.expires_on;
    new.expiry_basis := case when new.expires_on is not null then 'package' end;
    new.expiry_source := null;
  end if;
  return new;
end
$$;
REVOKE ALL ON FUNCTION private.take_given_date() FROM PUBLIC;
COMMENT ON FUNCTION private.take_given_date() IS 'Records a date that comes without a basis, or that a service sets directly, as the date on the package.';

-- private.take_gtin14

CREATE FUNCTION private.take_gtin14() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  select i.gtin14 into new.gtin14 from public.receipt_items i where i.id = new.receipt_item_id;
  return new;
end
$$;
REVOKE ALL ON FUNCTION private.take_gtin14() FROM PUBLIC;
COMMENT ON FUNCTION private.take_gtin14() IS 'Copies the product number of the line item that a row comes from.';

-- private.take_image

CREATE FUNCTION private.take_image() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  new.image_url := private.product_image(new.gtin14);
  return new;
end
$$;
REVOKE ALL ON FUNCTION private.take_image() FROM PUBLIC;
COMMENT ON FUNCTION private.take_image() IS 'Gives an inventory row without an image that of its product.';

-- private.take_product

CREATE FUNCTION private.take_product() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  update public.receipt_items i
  -- A Korean name that was read is not replaced by a foreign one.
  set name = case when new.name ~ '[가-힣]' or i.name !~ '[가-힣]' then new.name else i.name end,
      category_id = c.id, decided_by = 'product',
      uncertain_fields = private.unsettled(
        i.uncertain_fields,
        case when new.name ~ '[가-힣]' or i.name !~ '[가-힣]' then array['name'] else '{}' end
          || case when new.category_id is not null then array['category', 'expires_on'] else '{}' end
      ),
      kind = case when c.is_food then 'food' else 'non_food' end,
      storage = estimate.storage,
      expires_on =
        coalesce(i.purchased_on, private.purchase_day(r.purchased_at, r.created_at)) + estimate.min_days
  from public.receipts r, public.categories c
  cross join lateral private.shelf_life(new.name, c.id) estimate
  where i.gtin14 = new.gtin14 and i.status = 'pending' and i.decided_by = 'model'
    and (new.category_id is not null or new.name ~ '[가-힣]' or i.name !~ '[가-힣]')
    and r.id = i.receipt_id and c.id = coalesce(new.category_id, i.category_id);
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.take_product() FROM PUBLIC;
COMMENT ON FUNCTION private.take_product() IS 'Updates pending line items with the product that was found for their barcode, unless an alias or the user has decided them.';

-- private.take_quota

CREATE FUNCTION private.take_quota(p_user_id uuid, p_action text, p_amount bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  quota constant bigint := private.daily_limit(p_action);
begin
  if p_amount > quota then
    return false;
  end if;
  insert into private.daily_use as u (user_id, action, day, used)
  values (p_user_id, p_action, private.today(), p_amount)
  on conflict (user_id, action) do update
  set day = excluded.day,
      used = case when u.day = excluded.day then u.used + excluded.used else excluded.used end
  where case when u.day = excluded.day then u.used + excluded.used else excluded.used end <= quota;
  return found;
end
$$;
REVOKE ALL ON FUNCTION private.take_quota(p_user_id uuid, p_action text, p_amount bigint) FROM PUBLIC;
COMMENT ON FUNCTION private.take_quota(p_user_id uuid, p_action text, p_amount bigint) IS 'Takes an amount from a user''s quota of the day. Returns false, and takes nothing, if less than that is left. Locks the user''s count until the transaction ends.';

-- private.text_key

CREATE FUNCTION private.text_key(p_text text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  -- Text recognition sometimes drops spaces, so they are ignored. Printed names are far shorter than the cut, and
  -- normalising megabytes would take seconds.
  select regexp_replace(lower(normalize(left(coalesce(p_text, ''), 1000), nfkc)), '\s', '', 'g')
$$;
REVOKE ALL ON FUNCTION private.text_key(p_text text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.text_key(p_text text) TO authenticated;
GRANT ALL ON FUNCTION private.text_key(p_text text) TO annotation;
GRANT ALL ON FUNCTION private.text_key(p_text text) TO service_role;
COMMENT ON FUNCTION private.text_key(p_text text) IS 'The normalised form of a printed name, as a key to look it up by.';

-- private.today

CREATE FUNCTION private.today() RETURNS date
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select (now() at time zone 'Asia/Seoul')::date
$$;
REVOKE ALL ON FUNCTION private.today() FROM PUBLIC;
GRANT ALL ON FUNCTION private.today() TO authenticated;
COMMENT ON FUNCTION private.today() IS 'The current day in Korea.';

-- private.training_lines

CREATE FUNCTION private.training_lines() RETURNS TABLE(png bytea, line_text text, week date)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select l.png, l.line_text, l.week
  from (
    select c.png, t.line_text, date_trunc('week', private.korean_day(s.created_at))::date as week, s.created_at, s.id,
      row_number() over (partition by s.user_id order by s.created_at desc, s.id) as place
    from private.transcribed_lines t
    join private.reading_samples s on s.id = t.sample_id
    join private.reading_crops c on c.sample_id = t.sample_id
  ) l
  where l.place <= coalesce(private.setting('reading_lines_per_user')::integer, 100)
  order by l.created_at, l.id
$$;
REVOKE ALL ON FUNCTION private.training_lines() FROM PUBLIC;
GRANT ALL ON FUNCTION private.training_lines() TO retraining;
COMMENT ON FUNCTION private.training_lines() IS 'Crops with the text that annotators agree on, for evaluation and training of the recogniser: the latest 100 of each user (reading_lines_per_user), so that no till outweighs the others.';

-- private.uncertain_fields_of_result

CREATE FUNCTION private.uncertain_fields_of_result(p_receipt public.receipts, p_result jsonb) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select private.unsettled(
    array(
      select case f.field when 'store' then 'store_name' else f.field end
      from jsonb_array_elements_text(coalesce(p_result #> '{receipt,uncertain_fields}', '[]'))
        with ordinality f (field, place)
      order by f.place
    ),
    case
      when exists (
        select from public.receipts o
        where o.user_id = p_receipt.user_id and o.id <> p_receipt.id and o.status = 'done'
          and o.deleted_at is null -- nor joined into another one, which then has the store that counts
          and o.store_key = private.text_key(p_result #>> '{receipt,store}')
          and not 'store_name' = any (o.uncertain_fields)
      ) then array['store_name'] else '{}'
    end
  )
$$;
REVOKE ALL ON FUNCTION private.uncertain_fields_of_result(p_receipt public.receipts, p_result jsonb) FROM PUBLIC;
COMMENT ON FUNCTION private.uncertain_fields_of_result(p_receipt public.receipts, p_result jsonb) IS 'The uncertain fields of the receipt as a whole in a result of the OCR service, as our columns are called, without a store that is certain on another receipt that the user has kept.';

-- private.uncertain_names

CREATE FUNCTION private.uncertain_names(p_threshold real) RETURNS TABLE(item_text text, times integer, is_unsure boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  -- Items are also marked uncertain because of a date or a price; the model decides which of these names it knows.
  select i.predicted_name, count(*)::integer, coalesce(min(i.confidence) < p_threshold, false)
  from public.receipt_items i
  where i.predicted_category_id is not null
  group by i.predicted_name
  having min(i.confidence) < p_threshold or bool_or(i.uncertain)
$$;
REVOKE ALL ON FUNCTION private.uncertain_names(p_threshold real) FROM PUBLIC;
GRANT ALL ON FUNCTION private.uncertain_names(p_threshold real) TO annotation;
COMMENT ON FUNCTION private.uncertain_names(p_threshold real) IS 'Names that were read with a confidence below the threshold (is_unsure), or marked uncertain for any reason, and how often.';

-- private.undo_time

CREATE FUNCTION private.undo_time() RETURNS interval
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select make_interval(days => coalesce(private.setting('undo_days')::integer, 7))
$$;
REVOKE ALL ON FUNCTION private.undo_time() FROM PUBLIC;
COMMENT ON FUNCTION private.undo_time() IS 'How long a user can restore what they deleted: the setting undo_days, 7 by default.';

-- private.unopened

CREATE FUNCTION private.unopened(p_item public.inventory) RETURNS public.inventory
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  if p_item.expiry_basis is distinct from 'opened' then
    return p_item;
  end if;
  return jsonb_populate_record(p_item, (
    select jsonb_object_agg(field.key, field.value -> 0)
    from (
      select h.changes from public.inventory_history h
      where h.inventory_id = p_item.id and h.changes #>> '{expiry_basis,1}' = 'opened'
        -- From frozen, it is a move to the freezer that was undone.
        and h.changes #>> '{expiry_basis,0}' is distinct from 'frozen'
      order by h.id desc limit 1
    ) opening
    cross join lateral jsonb_each(opening.changes) field
    where field.key in ('expires_on', 'expiry_basis', 'expiry_source')
  ));
end
$$;
REVOKE ALL ON FUNCTION private.unopened(p_item public.inventory) FROM PUBLIC;
COMMENT ON FUNCTION private.unopened(p_item public.inventory) IS 'The inventory row with the use-by date that it had before it was opened.';

-- private.unsettled

CREATE FUNCTION private.unsettled(p_fields text[], p_settled text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select array(
    select u.field from unnest(p_fields) with ordinality u (field, place) where u.field <> all (p_settled)
    order by u.place
  )
$$;
REVOKE ALL ON FUNCTION private.unsettled(p_fields text[], p_settled text[]) FROM PUBLIC;
COMMENT ON FUNCTION private.unsettled(p_fields text[], p_settled text[]) IS 'Uncertain fields without those that have been settled.';

-- private.upc_a

CREATE FUNCTION private.upc_a(p_upc_e text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO ''
    AS $$
  -- GS1 General Specifications, 5.2.2.4.2: the last digit before the check digit says which zeros were left out.
  select left(p_upc_e, 1) || case
    when last in ('0', '1', '2') then substr(p_upc_e, 2, 2) || last || '0000' || substr(p_upc_e, 4, 3)
    when last = '3' then substr(p_upc_e, 2, 3) || '00000' || substr(p_upc_e, 5, 2)
    when last = '4' then substr(p_upc_e, 2, 4) || '00000' || substr(p_upc_e, 6, 1)
    else substr(p_upc_e, 2, 5) || '0000' || last
  end || right(p_upc_e, 1)
  from (select substr(p_upc_e, 7, 1) as last) l
$$;
REVOKE ALL ON FUNCTION private.upc_a(p_upc_e text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.upc_a(p_upc_e text) TO authenticated;
COMMENT ON FUNCTION private.upc_a(p_upc_e text) IS 'The twelve digits that eight digits of UPC-E stand for.';

-- private.upload_is_allowed

CREATE FUNCTION private.upload_is_allowed(p_metadata jsonb) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    SET lock_timeout TO '1s'
    AS $$
declare
  -- Null for a request without an announced length, which Storage would accept at any size: it is refused.
  bytes constant bigint := private.photo_bytes(p_metadata);
  -- Of a multipart body around the photo.
  margin constant bigint := 65536;
begin
  return bytes <= private.photo_max_bytes() + margin
    and bytes <= private.quota_left((select auth.uid()), 'stored_bytes')
    and private.quota_left((select auth.uid()), 'receipts') > 0;
exception when query_canceled or lock_not_available then
  return bytes is not null; -- the quotas are locked; the upload trigger, or the sweep, counts the photo
end
$$;
REVOKE ALL ON FUNCTION private.upload_is_allowed(p_metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION private.upload_is_allowed(p_metadata jsonb) TO authenticated;
COMMENT ON FUNCTION private.upload_is_allowed(p_metadata jsonb) IS 'Whether the calling user may upload a photo with this metadata: of known length, within the bucket''s limit and their daily quotas.';

-- private.use_figures

CREATE FUNCTION private.use_figures(p_now timestamp with time zone) RETURNS TABLE(metric text, labels jsonb, value double precision)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select f.metric, jsonb_build_object('action', a.action), f.value
  from unnest(array['receipts', 'stored_bytes', 'barcode_lookups']) a (action)
  cross join lateral (
    select coalesce(sum(u.used), 0) as total, coalesce(max(u.used), 0) as largest
    from private.daily_use u
    where u.action = a.action and u.day = private.korean_day(p_now)
  ) today
  cross join lateral (
    values ('daily_use', today.total), ('daily_use_of_largest_user', today.largest)
  ) f (metric, value)
$$;
REVOKE ALL ON FUNCTION private.use_figures(p_now timestamp with time zone) FROM PUBLIC;
COMMENT ON FUNCTION private.use_figures(p_now timestamp with time zone) IS 'Metrics of the daily quotas: what all users used today, and what the user with the largest use did.';

-- private.use_quota

CREATE FUNCTION private.use_quota(p_action text, p_amount bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not private.take_quota((select auth.uid()), p_action, p_amount) then
    perform private.refuse_until_tomorrow('The daily limit is reached.');
  end if;
end
$$;
REVOKE ALL ON FUNCTION private.use_quota(p_action text, p_amount bigint) FROM PUBLIC;
COMMENT ON FUNCTION private.use_quota(p_action text, p_amount bigint) IS 'Takes an amount from the calling user''s quota of the day, or raises rate_limited.';

-- private.voter

CREATE FUNCTION private.voter(p_user_id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO ''
    AS $$
  select md5('voter ' || p_user_id)
$$;
REVOKE ALL ON FUNCTION private.voter(p_user_id uuid) FROM PUBLIC;
COMMENT ON FUNCTION private.voter(p_user_id uuid) IS 'A pseudonym of a user, the same in every run; null for null. The id cannot be computed from it.';

-- private.voters

CREATE FUNCTION private.voters(p_until timestamp with time zone) RETURNS TABLE(voter text, member_since timestamp with time zone, is_confirmed boolean, receipts integer)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.voter(u.id), date_trunc('hour', coalesce(u.created_at, p_until)),
    coalesce(to_jsonb(u) ->> 'email_confirmed_at', to_jsonb(u) ->> 'phone_confirmed_at') is not null
      and not coalesce((to_jsonb(u) ->> 'is_anonymous')::boolean, false),
    coalesce(own.purchases, 0)
  from auth.users u
  left join (
    select p.user_id, count(distinct (p.store_key, p.purchased_at, p.total))::integer as purchases
    from private.read_purchases(p_until) p
    group by p.user_id
  ) own on own.user_id = u.id
  where exists (select from public.user_category_feedback f where f.user_id = u.id and f.created_at <= p_until)
$$;
REVOKE ALL ON FUNCTION private.voters(p_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.voters(p_until timestamp with time zone) TO retraining;
COMMENT ON FUNCTION private.voters(p_until timestamp with time zone) IS 'What is known of the users who voted on categories: the hour in which they signed up, whether they confirmed an address, and on how many different purchases of theirs receipts were read.';

-- private.withdraw_vote

CREATE FUNCTION private.withdraw_vote() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  -- Votes of a deleted account or a deleted name no longer count. Without waiting for a lock: a vote that is being
  -- counted at this moment counts again later.
  if exists (select from private.agreed_names a where a.gtin14 = old.gtin14 and a.source = tg_argv[0] and a.name is not null)
    and pg_try_advisory_xact_lock(hashtextextended('product_names ' || old.gtin14, 0))
  then
    perform private.decide_product_name(old.gtin14, tg_argv[0]);
  end if;
  return null;
end
$$;
REVOKE ALL ON FUNCTION private.withdraw_vote() FROM PUBLIC;
COMMENT ON FUNCTION private.withdraw_vote() IS 'Counts the votes on a product''s name again after one was deleted.';

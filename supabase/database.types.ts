// Types of the database's public schema. Generated: do not edit, run `make schema`.
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]
export type Database = {
  "public": {
          Tables: {
            "account_deletions": {
                  Row: {
                    "attempts": number,"next_attempt_at": string,"requested_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"next_attempt_at"?: string,"requested_at"?: string,"user_id": string
                  }
                  Update: {
                    "attempts"?: number,"next_attempt_at"?: string,"requested_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                  ]
                },"annotation_queue": {
                  Row: {
                    "added_at": string,"confidence": number | null,"gold_category_id": number | null,"item_text": string,"predicted_category_id": number | null,"pushed_at": string | null,"reason": string,"round": number,"text_key": string,"times_seen": number
                  }
                  ComputedFields: never
                  Insert: {
                    "added_at"?: string,"confidence"?: number | null,"gold_category_id"?: number | null,"item_text": string,"predicted_category_id"?: number | null,"pushed_at"?: string | null,"reason": string,"round"?: number,"text_key": string,"times_seen"?: number
                  }
                  Update: {
                    "added_at"?: string,"confidence"?: number | null,"gold_category_id"?: number | null,"item_text"?: string,"predicted_category_id"?: number | null,"pushed_at"?: string | null,"reason"?: string,"round"?: number,"text_key"?: string,"times_seen"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "annotation_queue_gold_category_id_fkey"
      columns: ["gold_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "annotation_queue_predicted_category_id_fkey"
      columns: ["predicted_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"audit_items": {
                  Row: {
                    "category_id": number,"is_random": boolean,"item_text": string,"model_version": string | null,"place": number,"predicted_category_id": number,"sampled_at": string,"text_key": string,"week": string
                  }
                  ComputedFields: never
                  Insert: {
                    "category_id": number,"is_random": boolean,"item_text": string,"model_version"?: string | null,"place": number,"predicted_category_id": number,"sampled_at"?: string,"text_key": string,"week": string
                  }
                  Update: {
                    "category_id"?: number,"is_random"?: boolean,"item_text"?: string,"model_version"?: string | null,"place"?: number,"predicted_category_id"?: number,"sampled_at"?: string,"text_key"?: string,"week"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "audit_items_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "audit_items_predicted_category_id_fkey"
      columns: ["predicted_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"categories": {
                  Row: {
                    "code": string,"default_storage": string | null,"id": number,"is_food": boolean,"name_en": string,"name_ko": string,"sort": number
                  }
                  ComputedFields: never
                  Insert: {
                    "code": string,"default_storage"?: string | null,"id"?: never,"is_food": boolean,"name_en": string,"name_ko": string,"sort": number
                  }
                  Update: {
                    "code"?: string,"default_storage"?: string | null,"id"?: never,"is_food"?: boolean,"name_en"?: string,"name_ko"?: string,"sort"?: number
                  }
                  Relationships: [
                  ]
                },"inventory": {
                  Row: {
                    "bought_quantity": number | null,"category_id": number,"consumed_at": string | null,"consumed_reason": string | null,"created_at": string,"expires_on": string | null,"expiry_basis": string | null,"expiry_source": string | null,"gtin14": string | null,"id": string,"image_url": string | null,"moved_on": string | null,"name": string,"name_key": string,"opened_on": string | null,"package_expires_on": string | null,"price": number | null,"purchased_on": string | null,"quantity": number,"receipt_item_id": string | null,"storage": string | null,"unit": string | null,"user_id": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "bought_quantity"?: number | null,"category_id": number,"consumed_at"?: string | null,"consumed_reason"?: string | null,"created_at"?: string,"expires_on"?: string | null,"expiry_basis"?: string | null,"expiry_source"?: string | null,"gtin14"?: string | null,"id"?: string,"image_url"?: string | null,"moved_on"?: string | null,"name": string,"name_key": string,"opened_on"?: string | null,"package_expires_on"?: string | null,"price"?: number | null,"purchased_on"?: string | null,"quantity"?: number,"receipt_item_id"?: string | null,"storage"?: string | null,"unit"?: string | null,"user_id"?: string,"version"?: number
                  }
                  Update: {
                    "bought_quantity"?: number | null,"category_id"?: number,"consumed_at"?: string | null,"consumed_reason"?: string | null,"created_at"?: string,"expires_on"?: string | null,"expiry_basis"?: string | null,"expiry_source"?: string | null,"gtin14"?: string | null,"id"?: string,"image_url"?: string | null,"moved_on"?: string | null,"name"?: string,"name_key"?: string,"opened_on"?: string | null,"package_expires_on"?: string | null,"price"?: number | null,"purchased_on"?: string | null,"quantity"?: number,"receipt_item_id"?: string | null,"storage"?: string | null,"unit"?: string | null,"user_id"?: string,"version"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "inventory_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "inventory_receipt_item_id_fkey"
      columns: ["receipt_item_id"]
isOneToOne: true
      referencedRelation: "receipt_items"
      referencedColumns: ["id"]
    }
                  ]
                },"inventory_history": {
                  Row: {
                    "action": string,"changed_at": string,"changes": NonNullable<Json>,"id": number,"inventory_id": string,"reason": string | null,"share": number | null,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "action": string,"changed_at"?: string,"changes": NonNullable<Json>,"id"?: never,"inventory_id": string,"reason"?: string | null,"share"?: number | null,"user_id": string
                  }
                  Update: {
                    "action"?: string,"changed_at"?: string,"changes"?: NonNullable<Json>,"id"?: never,"inventory_id"?: string,"reason"?: string | null,"share"?: number | null,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "inventory_history_inventory_id_fkey"
      columns: ["inventory_id"]
isOneToOne: false
      referencedRelation: "inventory"
      referencedColumns: ["id"]
    }
                  ]
                },"item_aliases": {
                  Row: {
                    "category_id": number,"name": string,"store_key": string,"text_key": string,"user_id": string,"uses": number
                  }
                  ComputedFields: never
                  Insert: {
                    "category_id": number,"name": string,"store_key": string,"text_key": string,"user_id"?: string,"uses"?: number
                  }
                  Update: {
                    "category_id"?: number,"name"?: string,"store_key"?: string,"text_key"?: string,"user_id"?: string,"uses"?: number
                  }
                  Relationships: [
                    {
      foreignKeyName: "item_aliases_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"item_annotations": {
                  Row: {
                    "annotated_at": string,"annotation_id": number,"annotator": string,"category_id": number,"item_text": string,"judged_at": string | null,"new_name": string | null,"pulled_at": string,"status": string | null,"task_id": number,"text_key": string
                  }
                  ComputedFields: never
                  Insert: {
                    "annotated_at": string,"annotation_id": number,"annotator": string,"category_id": number,"item_text": string,"judged_at"?: string | null,"new_name"?: string | null,"pulled_at"?: string,"status"?: string | null,"task_id": number,"text_key": string
                  }
                  Update: {
                    "annotated_at"?: string,"annotation_id"?: number,"annotator"?: string,"category_id"?: number,"item_text"?: string,"judged_at"?: string | null,"new_name"?: string | null,"pulled_at"?: string,"status"?: string | null,"task_id"?: number,"text_key"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "item_annotations_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"item_feedback": {
                  Row: {
                    "chosen": NonNullable<Json>,"created_at": string,"field": string,"offered": NonNullable<Json>,"receipt_item_id": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "chosen": NonNullable<Json>,"created_at"?: string,"field": string,"offered": NonNullable<Json>,"receipt_item_id": string,"user_id": string
                  }
                  Update: {
                    "chosen"?: NonNullable<Json>,"created_at"?: string,"field"?: string,"offered"?: NonNullable<Json>,"receipt_item_id"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "item_feedback_receipt_item_id_fkey"
      columns: ["receipt_item_id"]
isOneToOne: false
      referencedRelation: "receipt_items"
      referencedColumns: ["id"]
    }
                  ]
                },"line_transcriptions": {
                  Row: {
                    "annotated_at": string,"annotation_id": number,"annotator": string,"line_text": string,"pulled_at": string,"sample_id": string,"task_id": number
                  }
                  ComputedFields: never
                  Insert: {
                    "annotated_at": string,"annotation_id": number,"annotator": string,"line_text": string,"pulled_at"?: string,"sample_id": string,"task_id": number
                  }
                  Update: {
                    "annotated_at"?: string,"annotation_id"?: number,"annotator"?: string,"line_text"?: string,"pulled_at"?: string,"sample_id"?: string,"task_id"?: number
                  }
                  Relationships: [
                  ]
                },"product_bulk_loads": {
                  Row: {
                    "finished_at": string | null,"next_page": number,"pages": number | null,"set_aside": number,"source": string,"started_at": string,"stored": number
                  }
                  ComputedFields: never
                  Insert: {
                    "finished_at"?: string | null,"next_page"?: number,"pages"?: number | null,"set_aside"?: number,"source": string,"started_at": string,"stored"?: number
                  }
                  Update: {
                    "finished_at"?: string | null,"next_page"?: number,"pages"?: number | null,"set_aside"?: number,"source"?: string,"started_at"?: string,"stored"?: number
                  }
                  Relationships: [
                  ]
                },"product_lookups": {
                  Row: {
                    "attempts": number,"gtin14": string,"lease_token": string | null,"lease_until": string | null,"next_attempt_at": string,"requested_at": string,"retry_at": string | null,"tried": NonNullable<Json>
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"gtin14": string,"lease_token"?: string | null,"lease_until"?: string | null,"next_attempt_at": string,"requested_at": string,"retry_at"?: string | null,"tried"?: NonNullable<Json>
                  }
                  Update: {
                    "attempts"?: number,"gtin14"?: string,"lease_token"?: string | null,"lease_until"?: string | null,"next_attempt_at"?: string,"requested_at"?: string,"retry_at"?: string | null,"tried"?: NonNullable<Json>
                  }
                  Relationships: [
                  ]
                },"product_misses": {
                  Row: {
                    "checked_at": string,"gtin14": string,"retry_after": string,"times": number
                  }
                  ComputedFields: never
                  Insert: {
                    "checked_at"?: string,"gtin14": string,"retry_after": string,"times"?: number
                  }
                  Update: {
                    "checked_at"?: string,"gtin14"?: string,"retry_after"?: string,"times"?: number
                  }
                  Relationships: [
                  ]
                },"product_names": {
                  Row: {
                    "category_id": number | null,"created_at": string,"gtin14": string,"name": string,"name_key": string,"quantity_text": string | null,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "category_id"?: number | null,"created_at"?: string,"gtin14": string,"name": string,"name_key": string,"quantity_text"?: string | null,"user_id": string
                  }
                  Update: {
                    "category_id"?: number | null,"created_at"?: string,"gtin14"?: string,"name"?: string,"name_key"?: string,"quantity_text"?: string | null,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "product_names_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"products": {
                  Row: {
                    "brand": string | null,"category_id": number | null,"confidence": number | null,"expires_at": string | null,"fetched_at": string,"gtin14": string,"image_url": string | null,"name": string,"quantity_text": string | null,"source": string,"source_payload": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "brand"?: string | null,"category_id"?: number | null,"confidence"?: number | null,"expires_at"?: string | null,"fetched_at"?: string,"gtin14": string,"image_url"?: string | null,"name": string,"quantity_text"?: string | null,"source": string,"source_payload"?: Json | null
                  }
                  Update: {
                    "brand"?: string | null,"category_id"?: number | null,"confidence"?: number | null,"expires_at"?: string | null,"fetched_at"?: string,"gtin14"?: string,"image_url"?: string | null,"name"?: string,"quantity_text"?: string | null,"source"?: string,"source_payload"?: Json | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "products_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"products_bulk": {
                  Row: {
                    "category_id": number | null,"gtin14": string,"image_url": string | null,"kind": string | null,"loaded_at": string,"maker": string | null,"name": string,"quantity_text": string | null,"source": string,"source_payload": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "category_id"?: number | null,"gtin14": string,"image_url"?: string | null,"kind"?: string | null,"loaded_at"?: string,"maker"?: string | null,"name": string,"quantity_text"?: string | null,"source": string,"source_payload"?: Json | null
                  }
                  Update: {
                    "category_id"?: number | null,"gtin14"?: string,"image_url"?: string | null,"kind"?: string | null,"loaded_at"?: string,"maker"?: string | null,"name"?: string,"quantity_text"?: string | null,"source"?: string,"source_payload"?: Json | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "products_bulk_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"provider_quota": {
                  Row: {
                    "period": string,"provider": string,"used": number,"window_start": string
                  }
                  ComputedFields: never
                  Insert: {
                    "period": string,"provider": string,"used"?: number,"window_start": string
                  }
                  Update: {
                    "period"?: string,"provider"?: string,"used"?: number,"window_start"?: string
                  }
                  Relationships: [
                  ]
                },"provider_states": {
                  Row: {
                    "busy_until": string | null,"failures": number,"provider": string,"reason": string | null,"refuse_until": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "busy_until"?: string | null,"failures"?: number,"provider": string,"reason"?: string | null,"refuse_until"?: string | null
                  }
                  Update: {
                    "busy_until"?: string | null,"failures"?: number,"provider"?: string,"reason"?: string | null,"refuse_until"?: string | null
                  }
                  Relationships: [
                  ]
                },"push_tokens": {
                  Row: {
                    "registered_at": string,"token": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "registered_at"?: string,"token": string,"user_id": string
                  }
                  Update: {
                    "registered_at"?: string,"token"?: string,"user_id"?: string
                  }
                  Relationships: [
                  ]
                },"reading_consents": {
                  Row: {
                    "given_at": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "given_at"?: string,"user_id": string
                  }
                  Update: {
                    "given_at"?: string,"user_id"?: string
                  }
                  Relationships: [
                  ]
                },"receipt_feedback": {
                  Row: {
                    "chosen": NonNullable<Json>,"created_at": string,"field": string,"offered": NonNullable<Json>,"receipt_id": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "chosen": NonNullable<Json>,"created_at"?: string,"field": string,"offered": NonNullable<Json>,"receipt_id": string,"user_id": string
                  }
                  Update: {
                    "chosen"?: NonNullable<Json>,"created_at"?: string,"field"?: string,"offered"?: NonNullable<Json>,"receipt_id"?: string,"user_id"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "receipt_feedback_receipt_id_fkey"
      columns: ["receipt_id"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_feedback_receipt_id_fkey"
      columns: ["receipt_id"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    }
                  ]
                },"receipt_items": {
                  Row: {
                    "alternatives": NonNullable<Json>,"amount": number | null,"barcode": string | null,"box": Json | null,"category_id": number,"confidence": number | null,"decided_by": string,"discount": number,"expires_on": string | null,"gtin14": string | null,"id": string,"kind": string,"line_no": number,"model_versions": Json | null,"name": string,"name_key": string,"photo_of": string | null,"predicted_category_id": number | null,"predicted_name": string,"purchased_on": string | null,"quantity": number,"raw_text": string,"receipt_id": string,"status": string,"storage": string | null,"uncertain": boolean,"uncertain_fields": (string)[],"unit": string | null,"unit_price": number | null
                  }
                  ComputedFields: never
                  Insert: {
                    "alternatives"?: NonNullable<Json>,"amount"?: number | null,"barcode"?: string | null,"box"?: Json | null,"category_id": number,"confidence"?: number | null,"decided_by"?: string,"discount"?: number,"expires_on"?: string | null,"gtin14"?: string | null,"id"?: string,"kind": string,"line_no": number,"model_versions"?: Json | null,"name": string,"name_key"?: never,"photo_of"?: string | null,"predicted_category_id"?: number | null,"predicted_name": string,"purchased_on"?: string | null,"quantity"?: number,"raw_text": string,"receipt_id": string,"status"?: string,"storage"?: string | null,"uncertain"?: never,"uncertain_fields"?: (string)[],"unit"?: string | null,"unit_price"?: number | null
                  }
                  Update: {
                    "alternatives"?: NonNullable<Json>,"amount"?: number | null,"barcode"?: string | null,"box"?: Json | null,"category_id"?: number,"confidence"?: number | null,"decided_by"?: string,"discount"?: number,"expires_on"?: string | null,"gtin14"?: string | null,"id"?: string,"kind"?: string,"line_no"?: number,"model_versions"?: Json | null,"name"?: string,"name_key"?: never,"photo_of"?: string | null,"predicted_category_id"?: number | null,"predicted_name"?: string,"purchased_on"?: string | null,"quantity"?: number,"raw_text"?: string,"receipt_id"?: string,"status"?: string,"storage"?: string | null,"uncertain"?: never,"uncertain_fields"?: (string)[],"unit"?: string | null,"unit_price"?: number | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "receipt_items_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_items_photo_of_fkey"
      columns: ["photo_of"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_items_photo_of_fkey"
      columns: ["photo_of"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_items_predicted_category_id_fkey"
      columns: ["predicted_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_items_receipt_id_fkey"
      columns: ["receipt_id"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipt_items_receipt_id_fkey"
      columns: ["receipt_id"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    }
                  ]
                },"receipts": {
                  Row: {
                    "attempts": number,"bucket": string,"contract_version": string | null,"crashes": number,"created_at": string,"currency": string,"deleted_at": string | null,"duplicate_of": string | null,"error_code": string | null,"error_detail": string | null,"id": string,"joined_into": string | null,"lease_until": string | null,"model_versions": NonNullable<Json>,"next_attempt_at": string,"object_path": string,"object_version": string,"outages": number,"photo_deleted_at": string | null,"processed_at": string | null,"purchased_at": string | null,"queued_at": string,"raw_lines": NonNullable<Json>,"reads_alone": boolean,"request_id": string | null,"retried_on": string | null,"retries": number,"status": string,"store_key": string,"store_name": string | null,"timings": NonNullable<Json>,"total": number | null,"turn": number,"uncertain_fields": (string)[],"user_id": string,"version": number,"warnings": NonNullable<Json>
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"bucket": string,"contract_version"?: string | null,"crashes"?: number,"created_at"?: string,"currency"?: string,"deleted_at"?: string | null,"duplicate_of"?: string | null,"error_code"?: string | null,"error_detail"?: string | null,"id"?: string,"joined_into"?: string | null,"lease_until"?: string | null,"model_versions"?: NonNullable<Json>,"next_attempt_at"?: string,"object_path": string,"object_version": string,"outages"?: number,"photo_deleted_at"?: string | null,"processed_at"?: string | null,"purchased_at"?: string | null,"queued_at"?: string,"raw_lines"?: NonNullable<Json>,"reads_alone"?: boolean,"request_id"?: string | null,"retried_on"?: string | null,"retries"?: number,"status"?: string,"store_key"?: never,"store_name"?: string | null,"timings"?: NonNullable<Json>,"total"?: number | null,"turn"?: number,"uncertain_fields"?: (string)[],"user_id": string,"version"?: number,"warnings"?: NonNullable<Json>
                  }
                  Update: {
                    "attempts"?: number,"bucket"?: string,"contract_version"?: string | null,"crashes"?: number,"created_at"?: string,"currency"?: string,"deleted_at"?: string | null,"duplicate_of"?: string | null,"error_code"?: string | null,"error_detail"?: string | null,"id"?: string,"joined_into"?: string | null,"lease_until"?: string | null,"model_versions"?: NonNullable<Json>,"next_attempt_at"?: string,"object_path"?: string,"object_version"?: string,"outages"?: number,"photo_deleted_at"?: string | null,"processed_at"?: string | null,"purchased_at"?: string | null,"queued_at"?: string,"raw_lines"?: NonNullable<Json>,"reads_alone"?: boolean,"request_id"?: string | null,"retried_on"?: string | null,"retries"?: number,"status"?: string,"store_key"?: never,"store_name"?: string | null,"timings"?: NonNullable<Json>,"total"?: number | null,"turn"?: number,"uncertain_fields"?: (string)[],"user_id"?: string,"version"?: number,"warnings"?: NonNullable<Json>
                  }
                  Relationships: [
                    {
      foreignKeyName: "receipts_duplicate_of_fkey"
      columns: ["duplicate_of"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipts_duplicate_of_fkey"
      columns: ["duplicate_of"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipts_joined_into_fkey"
      columns: ["joined_into"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipts_joined_into_fkey"
      columns: ["joined_into"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    }
                  ]
                },"reminder_settings": {
                  Row: {
                    "attempts": number,"by_mail": boolean,"days_before": number,"is_enabled": boolean,"is_released": boolean,"language": string,"last_day": string | null,"last_sent_at": string | null,"mail_refusals": number,"mail_refused_on": string | null,"mail_token": string,"next_due_at": string,"quiet_from": string | null,"quiet_until": string | null,"time_of_day": string,"time_zone": string,"user_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "attempts"?: number,"by_mail"?: boolean,"days_before"?: number,"is_enabled"?: boolean,"is_released"?: boolean,"language"?: string,"last_day"?: string | null,"last_sent_at"?: string | null,"mail_refusals"?: number,"mail_refused_on"?: string | null,"mail_token"?: string,"next_due_at"?: string,"quiet_from"?: string | null,"quiet_until"?: string | null,"time_of_day"?: string,"time_zone"?: string,"user_id": string
                  }
                  Update: {
                    "attempts"?: number,"by_mail"?: boolean,"days_before"?: number,"is_enabled"?: boolean,"is_released"?: boolean,"language"?: string,"last_day"?: string | null,"last_sent_at"?: string | null,"mail_refusals"?: number,"mail_refused_on"?: string | null,"mail_token"?: string,"next_due_at"?: string,"quiet_from"?: string | null,"quiet_until"?: string | null,"time_of_day"?: string,"time_zone"?: string,"user_id"?: string
                  }
                  Relationships: [
                  ]
                },"retraining_runs": {
                  Row: {
                    "challenger_version": string | null,"champion_version": string,"cutoff": string,"data_sha256": string,"finished_at": string | null,"id": number,"mlflow_run_id": string | null,"model": string,"outcome": string | null,"report": Json | null,"started_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "challenger_version"?: string | null,"champion_version": string,"cutoff": string,"data_sha256": string,"finished_at"?: string | null,"id"?: never,"mlflow_run_id"?: string | null,"model"?: string,"outcome"?: string | null,"report"?: Json | null,"started_at"?: string
                  }
                  Update: {
                    "challenger_version"?: string | null,"champion_version"?: string,"cutoff"?: string,"data_sha256"?: string,"finished_at"?: string | null,"id"?: never,"mlflow_run_id"?: string | null,"model"?: string,"outcome"?: string | null,"report"?: Json | null,"started_at"?: string
                  }
                  Relationships: [
                  ]
                },"shelf_life_rules": {
                  Row: {
                    "basis": string,"category_id": number,"id": number,"keyword": string | null,"max_days": number | null,"min_days": number | null,"sort": number,"source": string,"storage": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "basis": string,"category_id": number,"id"?: never,"keyword"?: string | null,"max_days"?: number | null,"min_days"?: number | null,"sort": number,"source": string,"storage"?: string | null
                  }
                  Update: {
                    "basis"?: string,"category_id"?: number,"id"?: never,"keyword"?: string | null,"max_days"?: number | null,"min_days"?: number | null,"sort"?: number,"source"?: string,"storage"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "shelf_life_rules_category_id_fkey"
      columns: ["category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    }
                  ]
                },"user_category_feedback": {
                  Row: {
                    "corrected_category_id": number,"created_at": string,"id": string,"item_text": string,"model_version": string | null,"predicted_category_id": number | null,"predicted_confidence": number | null,"receipt_item_id": string | null,"user_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "corrected_category_id": number,"created_at"?: string,"id"?: string,"item_text": string,"model_version"?: string | null,"predicted_category_id"?: number | null,"predicted_confidence"?: number | null,"receipt_item_id"?: string | null,"user_id"?: string | null
                  }
                  Update: {
                    "corrected_category_id"?: number,"created_at"?: string,"id"?: string,"item_text"?: string,"model_version"?: string | null,"predicted_category_id"?: number | null,"predicted_confidence"?: number | null,"receipt_item_id"?: string | null,"user_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "user_category_feedback_corrected_category_id_fkey"
      columns: ["corrected_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "user_category_feedback_predicted_category_id_fkey"
      columns: ["predicted_category_id"]
isOneToOne: false
      referencedRelation: "categories"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "user_category_feedback_receipt_item_id_fkey"
      columns: ["receipt_item_id"]
isOneToOne: true
      referencedRelation: "receipt_items"
      referencedColumns: ["id"]
    }
                  ]
                }
          }
          Views: {
            "finished_annotations": {
                  Row: {
                    "annotators": number | null,"category_code": string | null,"finished_at": string | null,"item_text": string | null,"text_key": string
                  }
                  ComputedFields: never
                  Relationships: [
                  ]
                },"finished_audits": {
                  Row: {
                    "category_code": string | null,"chosen_code": string,"is_random": boolean,"item_text": string,"model_version": string | null,"place": number,"predicted_code": string,"text_key": string,"week": string
                  }
                  ComputedFields: never
                  Relationships: [
                  ]
                },"my_receipts": {
                  Row: {
                    "created_at": string,"currency": string,"duplicate_of": string | null,"error_code": string | null,"food_items": number | null,"id": string,"object_path": string,"photo_deleted_at": string | null,"processed_at": string | null,"purchased_at": string | null,"status": string,"store_name": string | null,"total": number | null,"uncertain_fields": (string)[],"version": number,"waiting_items": number | null,"warnings": NonNullable<Json>
                  }
                  ComputedFields: never
                  Relationships: [
                    {
      foreignKeyName: "receipts_duplicate_of_fkey"
      columns: ["duplicate_of"]
isOneToOne: false
      referencedRelation: "my_receipts"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "receipts_duplicate_of_fkey"
      columns: ["duplicate_of"]
isOneToOne: false
      referencedRelation: "receipts"
      referencedColumns: ["id"]
    }
                  ]
                }
          }
          Functions: {
            "add_receipt_item":
{ Args: { "amount"?: number,"category": string,"name": string,"quantity"?: number,"receipt_id": string,"receipt_item_id": string,"unit"?: string,"unit_price"?: number }; Returns: Json
                           },
"add_receipt_to_inventory":
{ Args: { "items"?: Json,"receipt_id": string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }[]
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: false
        isSetofReturn: true
      } },
"add_to_inventory":
{ Args: { "category": string,"expires_on"?: string,"gtin"?: string,"inventory_id": string,"name": string,"price"?: number,"purchased_on"?: string,"quantity"?: number,"storage"?: string,"unit"?: string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"begin_bulk_load":
{ Args: { "p_now": string,"p_refresh_seconds": number,"p_source": string }; Returns: Json
                           },
"begin_product_lookup":
{ Args: { "p_gtin14": string,"p_lease_seconds": number,"p_now": string,"p_user_id"?: string }; Returns: Json
                           },
"begin_reread":
{ Args: { "p_receipt_id": string,"p_run": string }; Returns: string
                           },
"claim_account_deletions":
{ Args: { "p_limit": number }; Returns: string[]
                           },
"claim_product_lookup":
{ Args: { "p_lease_seconds": number,"p_now": string }; Returns: {
              "gtin14": string,"lease_token": string
            }[]
                           },
"claim_reading_samples":
{ Args: { "p_limit": number }; Returns: {
              "box": Json,"bucket": string,"id": string,"name": string,"object_path": string
            }[]
                           },
"claim_receipts":
{ Args: { "p_lease_seconds": number,"p_limit": number,"p_receipt_id"?: string,"p_request_id"?: string }; Returns: {
              "ahead": number,"attempts": number,"bucket": string,"id": string,"lease_token": string,"object_path": string,"object_version": string,"user_id": string,"waited_s": number
            }[]
                           },
"claim_reminders":
{ Args: { "p_limit": number,"p_now"?: string,"p_with_mails"?: boolean }; Returns: {
              "day": string,"email": string,"item_count": number,"items": Json,"language": string,"mail_token": string,"tokens": (string)[],"user_id": string
            }[]
                           },
"complete_receipt":
{ Args: { "p_lease_token": string,"p_receipt_id": string,"p_result": Json }; Returns: string
                           },
"consume_inventory_item":
{ Args: { "inventory_id": string,"reason"?: string,"remaining"?: number }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"correct_category":
{ Args: { "category": string,"receipt_item_id": string }; Returns: Json
                           },
"correct_inventory_item":
{ Args: { "changes": Json,"inventory_id": string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"correct_receipt":
{ Args: { "purchased_at"?: string,"receipt_id": string,"store_name"?: string,"total"?: number }; Returns: Json
                           },
"correct_receipt_item":
{ Args: { "amount"?: number,"confirmed"?: boolean,"discount"?: number,"name"?: string,"quantity"?: number,"receipt_item_id": string,"unit"?: string,"unit_price"?: number }; Returns: Json
                           },
"count_api_answers":
{ Args: { "p_answers": Json }; Returns: undefined
                           },
"count_receipts":
{ Args: { "p_limit"?: number }; Returns: number
                           },
"delete_canaries":
{ Args: Record<PropertyKey, never>; Returns: number
                           },
"delete_inventory_item":
{ Args: { "inventory_id": string }; Returns: string
                           },
"delete_receipt":
{ Args: { "receipt_id": string,"with_inventory"?: boolean }; Returns: string
                           },
"due_push_tickets":
{ Args: { "p_limit": number,"p_now"?: string }; Returns: string[]
                           },
"due_rereads":
{ Args: { "p_limit": number,"p_run": string,"p_task": number,"p_tasks": number }; Returns: {
              "bucket": string,"object_path": string,"receipt_id": string
            }[]
                           },
"end_reminder_mails":
{ Args: { "p_token": string }; Returns: undefined
                           },
"expiring_soon":
{ Args: { "days"?: number }; Returns: {
              "category": string,"days_left": number,"expires_on": string,"inventory_id": string,"is_estimate": boolean,"name": string,"price": number,"quantity": number,"storage": string,"unit": string
            }[]
                           },
"export_inventory":
{ Args: { "format"?: string,"page"?: number }; Returns: string
                           },
"export_my_data":
{ Args: { "page"?: number }; Returns: Json
                           },
"export_spending":
{ Args: { "format"?: string,"page"?: number }; Returns: string
                           },
"fail_receipt":
{ Args: { "p_code": string,"p_counts_attempt"?: boolean,"p_crashed"?: boolean,"p_detail": string,"p_lease_token": string,"p_receipt_id": string,"p_retry_after_seconds"?: number,"p_retryable": boolean }; Returns: string
                           },
"fail_reread":
{ Args: { "p_code": string,"p_is_final": boolean,"p_receipt_id": string,"p_run": string }; Returns: string
                           },
"find_product":
{ Args: { "gtin14": string }; Returns: Json
                           },
"finish_product_lookup":
{ Args: { "p_gtin14": string,"p_lease_token": string,"p_now": string,"p_result": Json }; Returns: string
                           },
"forget_old_lookups":
{ Args: { "p_now": string }; Returns: number
                           },
"forget_user":
{ Args: { "p_user_id": string }; Returns: undefined
                           },
"give_up_receipts":
{ Args: Record<PropertyKey, never>; Returns: {
              "error_code": string,"id": string
            }[]
                           },
"join_receipts":
{ Args: { "receipt_ids": (string)[] }; Returns: Json
                           },
"move_inventory_item":
{ Args: { "inventory_id": string,"moved_on"?: string,"storage": string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"name_product":
{ Args: { "category"?: string,"gtin14": string,"name": string,"quantity_text"?: string }; Returns: boolean
                           },
"open_inventory_item":
{ Args: { "inventory_id": string,"opened_on"?: string,"storage"?: string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"photos_of_user":
{ Args: { "p_limit": number,"p_user_id": string }; Returns: string[]
                           },
"photos_to_delete":
{ Args: { "p_limit": number }; Returns: string[]
                           },
"plan_reread":
{ Args: { "p_limit": number,"p_rules": Json,"p_run": string }; Returns: {
              "is_planned": boolean,"receipts": number
            }[]
                           },
"postpone_reread":
{ Args: { "p_code": string,"p_receipt_id": string,"p_run": string }; Returns: string
                           },
"price_changes":
{ Args: { "receipt_id": string }; Returns: {
              "change_percent": number,"previous_on": string,"previous_store_name": string,"previous_won_per_100": number,"previous_won_per_unit": number,"receipt_item_id": string,"size_unit": string,"won_per_100": number,"won_per_unit": number
            }[]
                           },
"price_history":
{ Args: { "gtin"?: string,"item_name"?: string,"purchases"?: number }; Returns: {
              "bought_on": string,"change_percent": number,"name": string,"quantity": number,"receipt_item_id": string,"size": number,"size_unit": string,"store_name": string,"unit": string,"won": number,"won_per_100": number,"won_per_unit": number
            }[]
                           },
"queue_missed_photos":
{ Args: Record<PropertyKey, never>; Returns: {
              "queued": number,"waiting": number
            }[]
                           },
"receipts_waiting":
{ Args: { "p_seconds": number }; Returns: {
              "of_users": number,"oldest_s": number,"receipts": number
            }[]
                           },
"register_push_token":
{ Args: { "token": string }; Returns: undefined
                           },
"release_reminder":
{ Args: { "p_day": string,"p_now"?: string,"p_user_id": string }; Returns: undefined
                           },
"remove_push_token":
{ Args: { "token": string }; Returns: undefined
                           },
"report_product_name":
{ Args: { "gtin14": string }; Returns: undefined
                           },
"request_account_deletion":
{ Args: Record<PropertyKey, never>; Returns: string
                           },
"request_product_lookup":
{ Args: { "p_gtin14": string,"p_now": string }; Returns: undefined
                           },
"reread_outcomes":
{ Args: { "p_after": number,"p_limit": number,"p_run": string }; Returns: {
              "changes": Json,"code": string,"items": number,"place": number,"state": string,"store_kind": string
            }[]
                           },
"reread_rules":
{ Args: { "p_run": string }; Returns: Json
                           },
"restore_inventory_item":
{ Args: { "inventory_id": string }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"restore_receipt":
{ Args: { "receipt_id": string }; Returns: undefined
                           },
"retry_receipt":
{ Args: { "receipt_id": string }; Returns: {
              "attempts": number,
"bucket": string,
"contract_version": string | null,
"crashes": number,
"created_at": string,
"currency": string,
"deleted_at": string | null,
"duplicate_of": string | null,
"error_code": string | null,
"error_detail": string | null,
"id": string,
"joined_into": string | null,
"lease_until": string | null,
"model_versions": NonNullable<Json>,
"next_attempt_at": string,
"object_path": string,
"object_version": string,
"outages": number,
"photo_deleted_at": string | null,
"processed_at": string | null,
"purchased_at": string | null,
"queued_at": string,
"raw_lines": NonNullable<Json>,
"reads_alone": boolean,
"request_id": string | null,
"retried_on": string | null,
"retries": number,
"status": string,
"store_key": string,
"store_name": string | null,
"timings": NonNullable<Json>,
"total": number | null,
"turn": number,
"uncertain_fields": (string)[],
"user_id": string,
"version": number,
"warnings": NonNullable<Json>
            }
                          SetofOptions: {
        from: "*"
        to: "receipts"
        isOneToOne: true
        isSetofReturn: false
      } },
"review_receipt":
{ Args: { "receipt_id": string }; Returns: Json
                           },
"running_low":
{ Args: { "days"?: number }; Returns: {
              "category": string,"every_days": number,"expected_on": string,"in_stock": Json,"last_bought_on": string,"name": string,"purchases": number,"purchases_in_stock": number
            }[]
                           },
"set_reading_consent":
{ Args: { "allowed": boolean }; Returns: boolean
                           },
"set_reminders":
{ Args: { "by_mail"?: boolean,"days_before"?: number,"is_enabled"?: boolean,"language"?: string,"quiet_from"?: string,"quiet_until"?: string,"time_of_day"?: string,"time_zone"?: string }; Returns: {
              "attempts": number,
"by_mail": boolean,
"days_before": number,
"is_enabled": boolean,
"is_released": boolean,
"language": string,
"last_day": string | null,
"last_sent_at": string | null,
"mail_refusals": number,
"mail_refused_on": string | null,
"mail_token": string,
"next_due_at": string,
"quiet_from": string | null,
"quiet_until": string | null,
"time_of_day": string,
"time_zone": string,
"user_id": string
            }
                          SetofOptions: {
        from: "*"
        to: "reminder_settings"
        isOneToOne: true
        isSetofReturn: false
      } },
"settle_push_tickets":
{ Args: { "p_gone_ids": (string)[],"p_gone_tokens": (string)[],"p_ticket_ids": (string)[] }; Returns: number
                           },
"settle_reminder_mails":
{ Args: { "p_delivered_to": (string)[],"p_refused_by": (string)[] }; Returns: undefined
                           },
"spending_by_category":
{ Args: { "months"?: number }; Returns: {
              "category": string,"items": number,"month": string,"won": number
            }[]
                           },
"spending_by_month":
{ Args: { "months"?: number }; Returns: {
              "month": string,"receipts": number,"won": number
            }[]
                           },
"spending_by_store":
{ Args: { "months"?: number }; Returns: {
              "month": string,"receipts": number,"store_name": string,"won": number
            }[]
                           },
"store_bulk_page":
{ Args: { "p_now": string,"p_page": number,"p_pages": number,"p_rows": Json,"p_source": string,"p_started_at": string }; Returns: Json
                           },
"store_push_tickets":
{ Args: { "p_now"?: string,"p_tickets": Json }; Returns: undefined
                           },
"store_reading_sample":
{ Args: { "p_id": string,"p_line": Json }; Returns: boolean
                           },
"store_reread":
{ Args: { "p_receipt_id": string,"p_result": Json,"p_run": string }; Returns: string
                           },
"suggest_names":
{ Args: { "max_names"?: number,"typed"?: string }; Returns: {
              "category": string,"gtin14": string,"name": string,"source": string,"storage": string,"unit": string,"uses": number
            }[]
                           },
"suggest_use_by":
{ Args: { "category": string,"name": string,"purchased_on"?: string,"storage"?: string }; Returns: Json
                           },
"take_provider_calls":
{ Args: { "p_now": string,"p_wants": Json }; Returns: Json
                           },
"undo_consumption":
{ Args: { "inventory_id": string,"quantity"?: number }; Returns: {
              "bought_quantity": number | null,
"category_id": number,
"consumed_at": string | null,
"consumed_reason": string | null,
"created_at": string,
"expires_on": string | null,
"expiry_basis": string | null,
"expiry_source": string | null,
"gtin14": string | null,
"id": string,
"image_url": string | null,
"moved_on": string | null,
"name": string,
"name_key": string,
"opened_on": string | null,
"package_expires_on": string | null,
"price": number | null,
"purchased_on": string | null,
"quantity": number,
"receipt_item_id": string | null,
"storage": string | null,
"unit": string | null,
"user_id": string,
"version": number
            }
                          SetofOptions: {
        from: "*"
        to: "inventory"
        isOneToOne: true
        isSetofReturn: false
      } },
"upload_allowance":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"waste_by_month":
{ Args: { "months"?: number }; Returns: {
              "category": string,"items": number,"items_without_price": number,"month": string,"won": number
            }[]
                           }
          }
          Enums: {
            [_ in never]: never
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}
type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>
type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]
export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never
export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never
export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never
export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never
export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never
export const Constants = {
  "public": {
          Enums: {
          }
        }
} as const

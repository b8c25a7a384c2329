import { DOMAINS } from '../wire/domains.ts'
import { enrolmentRecordSchema, type EnrolmentRecord, type SignedEnrolment } from '../wire/handshake.ts'
import { fromText, toText } from './bytes.ts'
import { jsonBytes, readJsonAs } from './json-bytes.ts'
import { sign, verify, type SigningKey, type VerifyKey } from './sign.ts'

/** The coordinator's lasting word that a key is a node; the same record always gives the same bytes. */
export const signEnrolment = (record: EnrolmentRecord, key: SigningKey): SignedEnrolment => {
  const { nodeId, nodePub, serial, at } = record
  const bytes = jsonBytes({ nodeId, nodePub, serial, at })
  return { record: toText(bytes), signature: toText(sign(DOMAINS.enrolment, [bytes], key)) }
}

/** The record, or null where the signature is not by this key or the bytes are not a record. */
export const openEnrolment = (signed: SignedEnrolment, key: VerifyKey): EnrolmentRecord | null => {
  const bytes = fromText(signed.record)
  const signature = fromText(signed.signature)
  if (bytes === null || signature === null || !verify(DOMAINS.enrolment, [bytes], { signature, key })) return null
  const read = readJsonAs(enrolmentRecordSchema, bytes)
  return read.ok ? read.value : null
}

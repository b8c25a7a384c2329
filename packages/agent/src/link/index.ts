export { LINK_TIMES, connect } from './connect.ts'
export {
  LinkClosed,
  type Accepted,
  type Link,
  type LinkCause,
  type LinkCoordinator,
  type LinkKeys,
  type LinkMessage,
  type LinkMessages,
  type LinkOptions,
  type LinkSays,
  type LinkState,
  type LinkStore,
  type LinkTimes,
  type SendOptions,
} from './types.ts'

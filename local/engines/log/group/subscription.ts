import { longArray, plain, shortText, int16 } from '../protocol/fields';
import { MalformedRequestError, WireReader } from '../protocol/wire-reader';

/** The beginning of what a consumer says of itself, in every version of it. */
const SUBSCRIPTION = plain({ version: int16, topics: longArray(shortText) });

/** Topics that a member of a group reads; none where it says something else of itself. */
export function subscribedTopics(metadata: Buffer): readonly string[] {
  try {
    return SUBSCRIPTION.read(new WireReader(metadata)).topics.filter((topic) => topic !== null);
  } catch (error) {
    if (error instanceof MalformedRequestError) {
      return [];
    }
    throw error;
  }
}

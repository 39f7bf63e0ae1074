import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';

/** Section of a runbook about an alarm: `iterator-age` for `IteratorAge`, the same for `EngineCpu0` and `EngineCpu1`. */
export function runbookAnchor(alarm: string): string {
  return alarm.replace(/\d+$/, '').replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
}

/** Ends the description of an alarm in a link to its section of a runbook. */
export function linkRunbook(alarm: cloudwatch.Alarm, name: string, runbookUrl: string | undefined): void {
  if (runbookUrl !== undefined) {
    const resource = alarm.node.defaultChild as cloudwatch.CfnAlarm;
    resource.alarmDescription = `${resource.alarmDescription ?? ''} Runbook: ${runbookUrl}#${runbookAnchor(name)}`.trim();
  }
}

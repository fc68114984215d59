// names '"https://hooks.slack.example/T0/B0/secret"'
import { slack } from 'weir'

export const ops = slack('https://hooks.slack.example/T0/B0/secret')

import { expect, it } from 'vitest'
import { infoText, type Member, readInfo } from './members.ts'

const voter: Member = { id: '11757004636526054976', name: 'p1-56d8ffb8', peerUrls: ['https://192.168.20.21:2380'], clientUrls: ['https://192.168.20.21:2379'], isLearner: false }
const learner: Member = { id: '8245645759233721186', name: '', peerUrls: ['https://192.168.20.23:2380'], clientUrls: [], isLearner: true }

it('prints ids as bare numbers, and leaves out what is empty or false', () => {
  expect(infoText([voter, learner])).toBe(
    '{"members":[{"ID":11757004636526054976,"name":"p1-56d8ffb8","peerURLs":["https://192.168.20.21:2380"],"clientURLs":["https://192.168.20.21:2379"]},' +
      '{"ID":8245645759233721186,"peerURLs":["https://192.168.20.23:2380"],"isLearner":true}]}\n',
  )
})

it('reads back every digit of an id', () => {
  expect(readInfo(infoText([voter, learner]))).toEqual([voter, learner])
})

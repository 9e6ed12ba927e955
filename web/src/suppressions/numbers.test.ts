import assert from 'node:assert/strict'
import { test } from 'node:test'
import { numbersIn } from './numbers.ts'

test('numbers are the first cells of the lines, without a heading', () => {
  assert.deepEqual(numbersIn('+919811100001\n\n 0049 30 1234567 \r\nnot a number\n'), ['+919811100001', '0049 30 1234567', 'not a number'])
  assert.deepEqual(numbersIn('\uFEFFphone,reason,source\r\n919811100001,"a, b",api\r\n919811100002,,api\r\n'), [
    '919811100001',
    '919811100002',
  ])
  assert.deepEqual(numbersIn('"+91 98111 00001";x\n919811100002\ty'), ['+91 98111 00001', '919811100002'])
  assert.deepEqual(numbersIn('phone\n'), [])
})
